import type { Reward, RewardedTrajectory } from '../../core/domain/reward.js';
import type { FinishReason } from '../../core/domain/trajectory.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { packBatch } from '../../coordinator/evaluate/pack-batch.js';
import type { Estimates } from '../../coordinator/evaluate/evaluator.js';
import { aPrompt, aResult, aTask, aTrajectory } from './builders.js';
import { scored } from './fake-scorer.js';

/** One answer of a batch, written as a test thinks of it. Arrays are over answer tokens. [token] */
export interface AnswerSketch {
  readonly old: readonly number[];
  readonly reference?: readonly number[];
  readonly behaviour?: readonly number[];
  readonly values?: readonly number[];
  /** A number is a scored outcome. */
  readonly outcome: number | Outcome<Reward>;
  readonly finish?: FinishReason;
}

/** Groups of answers as estimates and rewards. Prompts have `promptLength` tokens, whose entries are poisoned. */
export function sketchBatch(
  groups: readonly (readonly AnswerSketch[])[],
  promptLength = 2,
): { readonly estimates: Estimates; readonly rewards: RewardedTrajectory[] } {
  const plan = {
    iteration: 0,
    policy: { version: 0, hash: 'policy-0', location: 'there' },
    reward: SKETCH_REWARD,
  };
  const packed = packBatch({
    plan,
    groups: groups.map((answers, group) => {
      const prompt = aPrompt(
        `p${group}`,
        Array.from({ length: promptLength }, () => 1),
      );
      const task = aTask({ id: `task-${group}`, prompt, groupSize: answers.length });
      const trajectories = answers.map(({ old, behaviour, finish }, index) =>
        aTrajectory({
          index,
          tokenIds: old.map(() => 3),
          logProbs: behaviour ?? old,
          finish: finish ?? 'stop',
        }),
      );
      return { task, result: aResult(task, trajectories) };
    }),
  });
  const answers = groups.flat();
  const spread = (of: (answer: AnswerSketch) => readonly number[]): Float32Array =>
    Float32Array.from(answers.flatMap((answer) => [...Array<number>(promptLength).fill(99), ...of(answer)]));
  const estimates = {
    packed,
    oldLogProbs: spread(({ old }) => old),
    referenceLogProbs: spread(({ old, reference }) => reference ?? old),
    ...(answers.every(({ values }) => values === undefined)
      ? {}
      : { values: spread(({ old, values }) => values ?? old.map(() => 0)) }),
  };
  const rewards = packed.sequences.map(({ taskId, trajectory }, at) => {
    const { outcome } = answers[at];
    return {
      taskId,
      index: trajectory.index,
      rubricHash: 'rubric-a',
      rewardModelHash: 'model-a',
      outcome: typeof outcome === 'number' ? scored(outcome) : outcome,
    };
  });
  return { estimates, rewards };
}

export const SKETCH_REWARD = { rubricId: 'r', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -3 };
