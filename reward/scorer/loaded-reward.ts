import { setImmediate } from 'node:timers/promises';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { AnswerToReward, RewardModel, RewardScore } from '../model/reward-model.js';
import { normalizeReward, rawReward, type RewardNormalizer } from '../model/reward-normalizer.js';
import { lengthGate, type AnswerGate } from './veto-gate.js';

/** What scores under one rubric. */
export interface LoadedReward {
  /** It is served under its hash and its rubric's. */
  readonly model: RewardModel;
  readonly normalizer: RewardNormalizer;
  readonly gate: AnswerGate;
  /** β of the pessimistic reward μ − σ²/(2β); absent pays the heads' mean. */
  readonly pessimismBeta?: number;
}

/** Rules read so much text between two turns of the event loop, in UTF-16 units: some milliseconds. */
const TEXT_PER_TURN = 8192;

/** Gates come first, then one score for each answer that passes, centred, scaled and clipped. One outcome per answer, in order. */
export async function scoreLoaded(
  reward: LoadedReward,
  answers: readonly AnswerToReward[],
  signal?: AbortSignal,
): Promise<Outcome<Reward>[]> {
  const reasons = await gateAnswers(answers, reward.gate);
  const passed = answers.filter((_, at) => reasons[at] === undefined);
  const scores = passed.length === 0 ? [] : await reward.model.score(passed, signal);
  let next = 0;
  return answers.map((answer, at): Outcome<Reward> => {
    const reason = reasons[at];
    if (reason !== undefined) return { kind: 'policy_malformed', reason };
    next += 1;
    return paid(scores[next - 1], answer, reward);
  });
}

/** Why no model needs to look at an answer; undefined where one does. The event loop turns in between: rules never hold it up. */
export async function gateAnswers(
  answers: readonly AnswerToReward[],
  gate: AnswerGate,
): Promise<(string | undefined)[]> {
  if (gate === lengthGate) return answers.map(({ prompt, answer }) => gate(prompt, answer));
  const reasons: (string | undefined)[] = [];
  let read = 0;
  for (const { prompt, answer } of answers) {
    if (read > TEXT_PER_TURN) {
      await setImmediate();
      read = 0;
    }
    reasons.push(gate(prompt, answer));
    read += answer.length;
  }
  return reasons;
}

function paid(
  outcome: Outcome<RewardScore>,
  { prompt }: AnswerToReward,
  { normalizer, pessimismBeta }: LoadedReward,
): Outcome<Reward> {
  if (outcome.kind !== 'scored') return outcome;
  const raw = rawReward(outcome.score, pessimismBeta);
  return { kind: 'scored', score: normalizeReward(raw, prompt.locale, normalizer) };
}
