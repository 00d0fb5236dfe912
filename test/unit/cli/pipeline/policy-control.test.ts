import { PolicyControl } from '../../../../cli/pipeline/policy-control.js';
import type { PolicyControlParts } from '../../../../cli/pipeline/policy-control.js';
import type { PolicyVersion } from '../../../../core/domain/policy.js';
import { createRng } from '../../../../core/math/rng.js';
import { SPECIAL_TOKENS } from '../../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../../../core/tokens/embedded-chat-tokenizer.js';
import type { IterationPlan } from '../../../../coordinator/dispatch/rollout-batch.js';
import { SKETCH_REWARD } from '../../../support/batch-builder.js';
import { aPrompt } from '../../../support/builders.js';
import { FakeEngine } from '../../../support/fake-engine.js';
import { FakeScorer, scored } from '../../../support/fake-scorer.js';

const SIGNAL = new AbortController().signal;
const tokenizer = trainTokenizer(['ab'], { vocabSize: 300, specialTokens: SPECIAL_TOKENS });
const [a] = tokenizer.encode('a');
const [b] = tokenizer.encode('b');

/** A policy that says `b` this much rather than `a`, and nothing else. */
function policy(name: string, preference: number): PolicyVersion & { logits: Float64Array } {
  const logits = new Float64Array(tokenizer.vocabSize).fill(-50);
  logits[a] = 0;
  logits[b] = preference;
  return { version: 0, hash: name, location: name, logits };
}

const sft = policy('sft', 0);
const better = policy('better', 40);
const published = new Map([sft, better].map(({ location, logits }) => [location, { logits }]));
const countOf = (text: string): number => text.split('b').length - 1;
/** More of `b` is better. */
const judge = {
  probabilityFirst: (_prompt: string, first: string, second: string) =>
    countOf(first) === countOf(second) ? 0.5 : countOf(first) > countOf(second) ? 0.9 : 0.1,
};
const heldOutPrompts = Array.from({ length: 20 }, (_, at) => aPrompt(`p${at}`));

function rig(parts: Partial<PolicyControlParts> = {}): {
  control: PolicyControl;
  engine: FakeEngine;
} {
  const engine = new FakeEngine(published);
  const scorer = new FakeScorer((ids) => scored(ids.filter((id) => id === b).length));
  const control = new PolicyControl({
    checkpoint: { policy: sft, tokenizer: new EmbeddedChatTokenizer(tokenizer) },
    heldOutPrompts,
    locales: ['ar'],
    prompts: 8,
    sampling: { maxNewTokens: 4, temperature: 1, stopTokenIds: [] },
    judges: new Map([[SKETCH_REWARD.rubricId, judge]]),
    scorer,
    engine,
    rng: createRng(1).fork('watch'),
    ...parts,
  });
  return { control, engine };
}

function plan(checked: PolicyVersion, iteration = 0): IterationPlan {
  return { iteration, policy: checked, reward: SKETCH_REWARD };
}

describe('a check by the control judge', () => {
  it('finds the checkpoint even with itself, on the same draws', async () => {
    const found = await rig().control.check(plan(sft), SIGNAL);
    expect(found?.winRate).toEqual({ value: 0.5, low: 0.5, high: 0.5, n: 8 });
  });

  it('finds a better policy better, with the score that the reward gives the same answers', async () => {
    const found = await rig().control.check(plan(better), SIGNAL);
    expect(found?.winRate.value).toBeGreaterThan(0.8);
    expect(found?.winRate.low).toBeGreaterThan(0.5);
    expect(found?.proxyScore).toBe(4);
  });

  it('pays what is ruled out the floor, and leaves out what has no score', async () => {
    let asked = 0;
    const scorer = new FakeScorer(() => {
      asked += 1;
      if (asked === 1) return { kind: 'policy_malformed', reason: 'empty' };
      return asked === 2 ? { kind: 'judge_failed', reason: 'gone', retryable: false } : scored(1);
    });
    const found = await rig({ scorer }).control.check(plan(better), SIGNAL);
    // Six at 1 and one at the floor of −3, of seven.
    expect(found?.proxyScore).toBeCloseTo(3 / 7, 12);
  });

  it('has no proxy score where nothing has a score', async () => {
    const scorer = new FakeScorer(() => ({ kind: 'abstained', reason: 'no rule applies' }));
    expect(await rig({ scorer }).control.check(plan(better), SIGNAL)).not.toHaveProperty('proxyScore');
  });

  it('asks the same prompts with the same seeds every time, and the checkpoint once', async () => {
    const { control, engine } = rig();
    const first = await control.check(plan(better, 8), SIGNAL);
    expect(await control.check(plan(better, 8), SIGNAL)).toEqual(first);
    const seeds = engine.requests.map(({ seed }) => seed);
    expect(seeds).toHaveLength(3 * 8);
    expect(seeds.slice(8, 16)).toEqual(seeds.slice(0, 8));
    expect(seeds.slice(16)).toEqual(seeds.slice(0, 8));
    expect(engine.loads).toEqual(['sft', 'better', 'better']);
  });

  it('finds the same in another process, and for arms that ask at the same time', async () => {
    const alone = await rig().control.check(plan(better, 8), SIGNAL);
    const { control } = rig();
    const together = await Promise.all([sft, better, sft].map((one) => control.check(plan(one, 8), SIGNAL)));
    expect(together[1]).toEqual(alone);
  });

  it('checks nothing, and asks no engine, under a rubric that has no control judge', async () => {
    const { control, engine } = rig({ judges: new Map() });
    expect(await control.check(plan(better), SIGNAL)).toBeUndefined();
    expect(engine.requests).toEqual([]);
  });

  it('fails where its engine does, and leaves the next one its turn', async () => {
    const { control, engine } = rig();
    await control.check(plan(sft), SIGNAL);
    engine.beforeGenerate = () => Promise.reject(new Error('the thread is gone'));
    await expect(control.check(plan(better), SIGNAL)).rejects.toThrow('the thread is gone');
    engine.beforeGenerate = async () => undefined;
    expect(await control.check(plan(better), SIGNAL)).toBeDefined();
  });
});
