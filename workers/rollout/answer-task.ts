import type { RolloutTask, Trajectory, TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { Engine, GeneratedSequence } from '../../core/engine/engine.js';
import { MajlisError } from '../../core/errors.js';
import type { ChatTokenizer, DecodedAnswer } from '../../core/tokens/chat-tokenizer.js';

/** Turns sampled ids back into text, as the tokenizer that the task's prompt was tokenized by. */
export interface AnswerDecoder extends Pick<ChatTokenizer, 'hash'> {
  decodeAnswer(tokenIds: Iterable<number>): Pick<DecodedAnswer, 'text'>;
}

export interface AnswerContext {
  readonly engine: Engine;
  readonly decoder: AnswerDecoder;
  readonly signal: AbortSignal;
}

/** Generates one prompt group on an engine that already holds the task's policy. */
export async function answerTask(task: RolloutTask, context: AnswerContext): Promise<TrajectoryGroup> {
  const { engine, decoder, signal } = context;
  if (decoder.hash !== task.prompt.tokenizerHash) {
    throw new MajlisError(
      `task ${task.id} was tokenized by ${task.prompt.tokenizerHash}, this worker has ${decoder.hash}`,
      { code: 'failed_precondition' },
    );
  }
  const request = {
    policyHash: task.policyHash,
    promptTokenIds: task.prompt.tokenIds,
    samples: task.groupSize,
    sampling: task.sampling,
    seed: task.seed,
  };
  const sequences = await engine.generate(request, signal);
  return {
    taskId: task.id,
    policyHash: task.policyHash,
    engineFingerprint: engine.fingerprint,
    trajectories: sequences.map((sequence, index) => trajectory(sequence, index, decoder)),
  };
}

function trajectory(sequence: GeneratedSequence, index: number, decoder: AnswerDecoder): Trajectory {
  const { tokenIds, logProbs, finish } = sequence;
  const spoken = finish === 'stop' ? tokenIds.slice(0, -1) : tokenIds;
  return { index, tokenIds, logProbs, finish, text: decoder.decodeAnswer(spoken).text };
}
