import { MajlisError } from '../../core/errors.js';
import type { Trajectory } from '../../core/domain/trajectory.js';
import type { TokenBatch } from '../../core/trainer/trainer.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';

/** An answer as learning sees it: its text is for judges and people. */
export type LearnedAnswer = Omit<Trajectory, 'text'>;

/** One answer to pack, with what it answered. */
export interface AnswerToPack {
  readonly taskId: string;
  /** Place of its prompt group in the batch, from 0. */
  readonly group: number;
  readonly promptTokenIds: readonly number[];
  readonly trajectory: LearnedAnswer;
}

/** One answer's place in a packed batch. */
export interface PackedSequence extends AnswerToPack {
  /** Its answer tokens are the entries answerStart … end − 1. */
  readonly answerStart: number;
  readonly end: number;
}

/** An iteration's answers as the trainer takes them: prompt and answer together, weight 1 on answer tokens. */
export interface PackedBatch {
  readonly batch: TokenBatch;
  readonly sequences: readonly PackedSequence[];
}

/** Packs a rollout batch once, for every forward pass of its iteration. Keeps the order of groups and answers; refuses none at all. */
export function packBatch(rollouts: RolloutBatch): PackedBatch {
  const answers = rollouts.groups.flatMap(({ task, result }, group) =>
    result.trajectories.map((trajectory) => ({
      taskId: task.id,
      group,
      promptTokenIds: task.prompt.tokenIds,
      trajectory,
    })),
  );
  if (answers.length === 0) {
    const message = `Iteration ${rollouts.plan.iteration} has no answers to pack.`;
    throw new MajlisError(message, { code: 'internal' });
  }
  return packAnswers(answers, rollouts.groups[0].task.sampling.temperature);
}

/** Packs answers, sampled at that temperature, one after the other. */
export function packAnswers(answers: readonly AnswerToPack[], temperature: number): PackedBatch {
  const sequences: PackedSequence[] = [];
  const offsets = [0];
  let end = 0;
  for (const answer of answers) {
    const answerStart = end + answer.promptTokenIds.length;
    end = answerStart + answer.trajectory.tokenIds.length;
    offsets.push(end);
    sequences.push({ ...answer, answerStart, end });
  }
  return { batch: filled(sequences, offsets, temperature), sequences };
}

/** An array's entries for one sequence's answer tokens: a view, not a copy. [token] */
export function answerOf(packed: Float32Array, sequence: PackedSequence): Float32Array {
  return packed.subarray(sequence.answerStart, sequence.end);
}

function filled(sequences: readonly PackedSequence[], offsets: number[], temperature: number): TokenBatch {
  const tokenIds = new Int32Array(offsets[offsets.length - 1]);
  const weights = new Float32Array(tokenIds.length);
  for (const [at, { promptTokenIds, trajectory, answerStart, end }] of sequences.entries()) {
    tokenIds.set(promptTokenIds, offsets[at]);
    tokenIds.set(trajectory.tokenIds, answerStart);
    weights.fill(1, answerStart, end);
  }
  return { tokenIds, offsets: Int32Array.from(offsets), weights, temperature };
}
