import { MajlisError } from '../../core/errors.js';
import { listed } from '../../core/trainer/require-finite-loss.js';
import type { RolloutGroup } from '../dispatch/rollout-batch.js';

/**
 * What an iteration's learning failed with. A trainer that refuses a loss that is no number (`out_of_range`) knows sequences
 * only: the iteration, its prompts and what to do are said here. Anything else is as it was.
 */
export function withBatchNamed(thrown: unknown, iteration: number, groups: readonly RolloutGroup[]): unknown {
  if (!(thrown instanceof MajlisError) || thrown.code !== 'out_of_range') return thrown;
  const prompts = listed([...new Set(groups.map(({ task }) => task.prompt.prompt.id))]);
  const advice =
    'The last good checkpoint stays. Next: a new run with a lower algorithm.policyLearningRate or algorithm.criticLearningRate';
  const message = `Iteration ${iteration}, on answers to prompts ${prompts}: ${thrown.message}. ${advice}.`;
  return new MajlisError(message, { code: 'out_of_range', cause: thrown });
}
