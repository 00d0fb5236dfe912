import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evalOnTies } from '../../../cli/commands/reward/eval-on-ties.js';
import { evalRewardModel } from '../../../cli/commands/reward/eval-reward-model.js';
import { compareRewardModels } from '../../../cli/commands/reward/compare-reward-models.js';
import { scoreAnswers } from '../../../cli/commands/reward/score-answers.js';
import {
  trainRewardModel,
  type TrainRewardRequest,
} from '../../../cli/commands/reward/train-reward-model.js';
import type { CommandResult, Session } from '../../../cli/commands/session.js';
import { simulateJudgedTexts } from '../../support/judged-texts.js';
import { FakeClock } from '../../support/fake-clock.js';
import { flipBit } from '../../support/flip-bit.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';
import { majlis } from './majlis-process.js';

jest.setTimeout(120_000);

const folder = useTemporaryFolder();
const texts = simulateJudgedTexts(240, { seed: 5, lengthBias: 1, locale: 'ar' });

interface Printed extends Session {
  readonly printed: string[];
}

function session(): Printed {
  const printed: string[] = [];
  const terminal: Session['terminal'] = {
    isLive: false,
    print: (text) => printed.push(...text.split('\n')),
    say: () => undefined,
    redraw: () => undefined,
  };
  const environment = { isCi: true, isPlainTerminal: true } as Session['environment'];
  return { printed, terminal, environment, clock: new FakeClock(), signal: new AbortController().signal };
}

function write(name: string, lines: readonly object[]): string {
  const path = join(folder(), name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

/** The better answer is the chosen one, whoever stood first. */
function preferences(from: number, to: number): object[] {
  return texts.slice(from, to).map(({ prompt, first, second, probabilityFirst }) => {
    const [chosen, rejected] = probabilityFirst === 1 ? [first, second] : [second, first];
    return { prompt: prompt.text, chosen, rejected };
  });
}

async function train(changes: Partial<TrainRewardRequest> = {}): Promise<CommandResult> {
  const request = {
    rubric: 'ar-msa',
    out: join(folder(), 'model'),
    seed: 1,
    heads: 2,
    heldOut: 0.25,
    ties: 'half' as const,
  };
  const path = write('preferences.jsonl', preferences(0, 160));
  return trainRewardModel({ ...request, preferences: path, ...changes }, session());
}

describe('majlis reward train, eval, score and compare', () => {
  it('trains from a file, and measures and scores with what it wrote', async () => {
    const page = join(folder(), 'evaluation.html');
    const trained = await train({ html: page });
    expect(trained.json).toMatchObject({
      rubric: 'ar-msa',
      trainingPairs: 120,
      heldOutPairs: 40,
      fit: { converged: true },
      evaluation: { pairs: 40, accuracy: { n: 40 } },
    });
    expect(trained.text).toMatch(/accuracy .*%.* to .*%/);
    expect(readFileSync(page, 'utf8')).toMatch(/<svg .*<circle .*accuracy/s);

    const pairs = write('held-out.jsonl', preferences(160, 240));
    const measured = await evalRewardModel({ directory: join(folder(), 'model'), pairs, seed: 1 }, session());
    expect(measured.json).toMatchObject({ excluded: {}, evaluation: { pairs: 80, decided: 80 } });

    const answers = write('answers.jsonl', [
      ...texts
        .slice(0, 3)
        .map(({ prompt, first }, at) => ({ id: `a${at}`, prompt: prompt.text, answer: first })),
      { prompt: 'long', answer: 'x'.repeat(100_001) },
    ]);
    const shown = session();
    const scored = await scoreAnswers({ directory: join(folder(), 'model'), answers }, shown);
    expect(scored.json).toMatchObject({ answers: 4, outcomes: { scored: 3, policy_malformed: 1 } });
    const rows = shown.printed.map((line): unknown => JSON.parse(line));
    expect(rows).toMatchObject([
      { id: 'a0' },
      { id: 'a1' },
      { id: 'a2' },
      { id: 4, kind: 'policy_malformed' },
    ]);
    expect(rows[3]).not.toHaveProperty('reward');

    const out = join(folder(), 'scores.jsonl');
    await scoreAnswers({ directory: join(folder(), 'model'), answers, out, beta: 0.5 }, session());
    const [{ reward, mean, variance }] = readFileSync(out, 'utf8')
      .split('\n')
      .slice(0, 1)
      .map((line) => JSON.parse(line) as { reward: number; mean: number; variance: number });
    expect(variance).toBeGreaterThan(0);
    expect(reward).toBeCloseTo(mean - variance, 12);
  });

  it('measures questions with several right answers, in the columns of RewardBench 2', async () => {
    await train({ heads: 0 });
    const [wrong, right] = ['buy now '.repeat(8), texts.slice(0, 3).map(({ first }) => first)];
    const ties = write('ties.jsonl', [
      {
        id: 'tied:7',
        prompt: 'أين أسافر؟',
        chosen: right,
        rejected: [wrong],
        subset: 'Ties',
        num_correct: 3,
      },
      { id: 'ref:7', prompt: 'أين أسافر؟', chosen: right.slice(0, 1), rejected: [wrong], subset: 'Ties' },
      { id: 'ref:8', prompt: 'ما هذا؟', chosen: right.slice(1), rejected: ['x'.repeat(100_001)] },
    ]);
    const { json, text } = await evalOnTies({ directory: join(folder(), 'model'), ties, seed: 1 }, session());
    expect(json).toMatchObject({
      excluded: { policy_malformed: 1 },
      evaluation: {
        questions: 1,
        paired: 1,
        score: { n: 1 },
        tiedAccuracy: { n: 1 },
        referenceAccuracy: { n: 1 },
      },
    });
    expect(text).toMatch(/left out: 1 policy malformed[^]*as RewardBench 2 weighs it/);
  });

  it('compares a model with one that learned the opposite', async () => {
    const turned = write(
      'turned.jsonl',
      texts.slice(0, 160).map(({ prompt, first, second, probabilityFirst }) => {
        return { prompt: prompt.text, chosen: first, rejected: second, probability: 1 - probabilityFirst };
      }),
    );
    await train({ heads: 0 });
    await train({ heads: 0, preferences: turned, out: join(folder(), 'turned') });
    const pairs = write('seen.jsonl', preferences(0, 160));
    const models = { first: join(folder(), 'model'), second: join(folder(), 'turned') };
    const { json, text } = await compareRewardModels({ ...models, pairs, seed: 1 }, session());
    expect(json).toMatchObject({ pairs: 160 });
    expect((json as { accuracy: { low: number } }).accuracy.low).toBeGreaterThan(0.3);
    expect(text).toContain('the first is better');
  });

  it('writes the same bytes for the same preferences and seed', async () => {
    await train();
    await train({ out: join(folder(), 'again') });
    for (const file of readdirSync(join(folder(), 'model'))) {
      const [one, other] = ['model', 'again'].map((name) => readFileSync(join(folder(), name, file)));
      expect(other.equals(one)).toBe(true);
    }
  });

  it('leaves out pairs of equal answers, and refuses a file of them alone', async () => {
    await train({ heads: 0 });
    const directory = join(folder(), 'model');
    const equal = { prompt: 'q', chosen: 'a', rejected: 'a' };
    const some = write('some.jsonl', [...preferences(160, 170), equal]);
    expect((await evalRewardModel({ directory, pairs: some, seed: 1 }, session())).json).toMatchObject({
      excluded: { equal_answers: 1 },
      evaluation: { pairs: 10 },
    });
    const pairs = write('equal.jsonl', [equal, equal]);
    await expect(evalRewardModel({ directory, pairs, seed: 1 }, session())).rejects.toThrow(
      '2 equal answers',
    );
  });

  it('leaves no file of scores behind where a line is bad', async () => {
    await train({ heads: 0 });
    const answers = write('answers.jsonl', [{ prompt: 'q', answer: 'a' }, { prompt: 'q' }]);
    const out = join(folder(), 'scores.jsonl');
    const request = { directory: join(folder(), 'model'), answers, out };
    await expect(scoreAnswers(request, session())).rejects.toThrow('line 2, answer');
    expect(readdirSync(folder()).filter((name) => name.startsWith('scores'))).toEqual([]);
  });

  it('tells each mistake with its file, and exits with 2, or 1 for a damaged model', async () => {
    await train({ heads: 0 });
    const [model, damaged] = [join(folder(), 'model'), join(folder(), 'damaged')];
    await train({ heads: 0, out: damaged });
    flipBit(join(damaged, 'weights.safetensors'), 1000);
    const empty = write('empty.jsonl', []);
    const foreign = write('foreign.jsonl', [
      { prompt: 'q', chosen: 'a', rejected: 'b', rubric_hash: 'f'.repeat(64) },
    ]);
    const unnamed = write('unnamed.jsonl', [{ id: '7', prompt: 'q', chosen: ['a'], rejected: ['b'] }]);
    const cases: readonly [args: readonly string[], code: number, said: string][] = [
      [['eval', model, '--pairs', empty], 2, 'no preferences'],
      [['eval', model, '--ties', empty], 2, 'an empty file'],
      [['eval', model, '--ties', unnamed], 2, 'tied:<question> or ref:<question>'],
      [['eval', model, '--ties', foreign, '--pairs', foreign], 2, 'one of --pairs, --ties and --kit'],
      [['eval', model, '--ties', foreign, '--html', 'x.html'], 2, '--html with --pairs or --kit'],
      [['eval', model, '--pairs', foreign], 2, 'another rubric'],
      [
        ['eval', damaged, '--pairs', foreign],
        1,
        'weights.safetensors is damaged: its content does not have its sha256. Next: copy the folder again',
      ],
      [['score', folder(), '--answers', empty], 2, 'no reward-model.json'],
    ];
    for (const [args, code, said] of cases) {
      const { status, stderr } = await majlis(['reward', ...args]);
      expect({ status, stderr }).toEqual({ status: code, stderr: expect.stringContaining(said) as string });
    }
  });
});
