import { setImmediate } from 'node:timers/promises';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';
import type { ScoreItem, Scorer, ScoreRequest } from '../../core/scorer/scorer.js';
import type { RewardModel } from '../model/reward-model.js';
import { scoreSequences } from '../model/reward-model.js';
import type { RewardNormalizer } from '../model/reward-normalizer.js';
import { measureNormalizer, normalizeReward, rawReward } from '../model/reward-normalizer.js';
import type { AnswerGate } from './veto-gate.js';

/** What scores under one rubric. */
export interface LoadedReward {
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  readonly model: RewardModel;
  readonly normalizer: RewardNormalizer;
  readonly gate: AnswerGate;
  /** β of the pessimistic reward μ − σ²/(2β); absent pays the heads' mean. */
  readonly pessimismBeta?: number;
}

/**
 * The reward plane in one process: any number of rubrics with their reward models, each under its pair of hashes. Gates
 * come first, then one score per answer, centred, scaled and clipped. A request is served by exactly what it names.
 */
export class RewardModelScorer implements Scorer {
  private readonly loaded = new Map<string, LoadedReward>();

  load(reward: LoadedReward): void {
    this.loaded.set(keyOf(reward), reward);
  }

  unload(hashes: Pick<ScoreRequest, 'rubricHash' | 'rewardModelHash'>): void {
    this.loaded.delete(keyOf(hashes));
  }

  async score(request: ScoreRequest, signal?: AbortSignal): Promise<readonly (readonly Outcome<Reward>[])[]> {
    const reward = this.loaded.get(keyOf(request));
    if (reward === undefined) {
      throw new MajlisError(
        `Reward model ${request.rewardModelHash} of rubric ${request.rubricHash} is not loaded.`,
        { code: 'failed_precondition' },
      );
    }
    const gated = await gateAnswers(request.items, reward.gate);
    const passed = gated.filter(({ reason }) => reason === undefined);
    const sequences = passed.map(({ item, answer }) => [...item.promptTokenIds, ...answer.tokenIds]);
    const scores = await scoreSequences(reward.model, sequences, signal);
    let next = 0;
    const outcomes = gated.map(({ item, reason }): Outcome<Reward> => {
      if (reason !== undefined) return { kind: 'policy_malformed', reason };
      next += 1;
      return paid(rawReward(scores[next - 1], reward.pessimismBeta), item, reward);
    });
    return regroup(request.items, outcomes);
  }
}

/** Measures the reference answers that a reward is centred and scaled by; gated answers do not count. */
export async function calibrateReward(
  reward: Omit<LoadedReward, 'normalizer'>,
  references: readonly ScoreItem[],
  signal?: AbortSignal,
): Promise<RewardNormalizer> {
  const passed = references.flatMap((item) =>
    item.answers
      .filter((answer) => reward.gate(item.prompt, answer.text) === undefined)
      .map((answer) => ({ item, tokenIds: [...item.promptTokenIds, ...answer.tokenIds] })),
  );
  const sequences = passed.map(({ tokenIds }) => tokenIds);
  const scores = await scoreSequences(reward.model, sequences, signal);
  return measureNormalizer(
    scores.map((heads, at) => ({
      locale: passed[at].item.prompt.locale,
      raw: rawReward(heads, reward.pessimismBeta),
    })),
  );
}

/** A model that overflowed has no opinion: that is no number. */
function paid(raw: number, { prompt }: ScoreItem, { normalizer }: LoadedReward): Outcome<Reward> {
  if (!Number.isFinite(raw)) {
    return { kind: 'judge_failed', reason: `the reward model gave ${raw}`, retryable: false };
  }
  return { kind: 'scored', score: normalizeReward(raw, prompt.locale, normalizer) };
}

interface GatedAnswer {
  readonly item: ScoreItem;
  readonly answer: ScoreItem['answers'][number];
  /** Why no model needs to look at it. */
  readonly reason: string | undefined;
}

/** Gates prompt by prompt and lets the event loop turn in between, so that rules never hold up a trainer's call. */
async function gateAnswers(items: readonly ScoreItem[], gate: AnswerGate): Promise<GatedAnswer[]> {
  const gated: GatedAnswer[] = [];
  for (const item of items) {
    await setImmediate();
    for (const answer of item.answers) gated.push({ item, answer, reason: gate(item.prompt, answer.text) });
  }
  return gated;
}

function regroup(items: readonly ScoreItem[], outcomes: readonly Outcome<Reward>[]): Outcome<Reward>[][] {
  let start = 0;
  return items.map(({ answers }) => {
    const group = outcomes.slice(start, start + answers.length);
    start += answers.length;
    return group;
  });
}

function keyOf({
  rubricHash,
  rewardModelHash,
}: Pick<ScoreRequest, 'rubricHash' | 'rewardModelHash'>): string {
  return `${rubricHash}/${rewardModelHash}`;
}
