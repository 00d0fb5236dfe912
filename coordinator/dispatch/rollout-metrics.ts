import type { RolloutTask, Trajectory } from '../../core/domain/trajectory.js';
import type { IterationPlan, RolloutBatch, RolloutGroup } from './rollout-batch.js';

/** A character that lost bytes at the token limit decodes to U+FFFD. */
const BROKEN_END = /\uFFFD$/u;

/**
 * What a batch's shape says: how long answers are, and what was cut. Counts, not shares, so that one is seen.
 * `tokensBefore` are the prompt and answer tokens of the iterations before; undefined where nobody counted them.
 */
export function rolloutMetrics(batch: RolloutBatch, tokensBefore?: number): Record<string, number> {
  const { plan, groups } = batch;
  const answers = groups.flatMap(({ result }) => result.trajectories);
  const stopped = answers.filter(({ finish }) => finish === 'stop');
  return {
    'prompts/truncated': groups.filter(({ task }) => task.prompt.truncated).length,
    'answers/mean_length': meanLength(answers),
    'completions/min_length': Math.min(...answers.map(lengthOf)),
    'completions/max_length': Math.max(...answers.map(lengthOf)),
    ...(stopped.length === 0 ? {} : { 'completions/mean_terminated_length': meanLength(stopped) }),
    'answers/reached_limit': answers.length - stopped.length,
    'answers/cut_characters': answers.filter(
      ({ finish, text }) => finish === 'length' && BROKEN_END.test(text),
    ).length,
    'val/num_eos_tokens': stopped.length,
    // Every iteration of a run has as many answers.
    episode: (plan.iteration + 1) * answers.length,
    ...(tokensBefore === undefined ? {} : { num_tokens: tokensBefore + tokensOf(groups) }),
    ...overlapMetrics(batch),
  };
}

function lengthOf({ tokenIds }: Trajectory): number {
  return tokenIds.length;
}

function meanLength(answers: readonly Trajectory[]): number {
  return answers.map(lengthOf).reduce((sum, length) => sum + length, 0) / answers.length;
}

/** Every answer with its prompt, as a model reads them. */
function tokensOf(groups: readonly RolloutGroup[]): number {
  const ofGroup = ({ task, result: { trajectories } }: RolloutGroup): number =>
    trajectories.reduce((sum, answer) => sum + task.prompt.tokenIds.length + lengthOf(answer), 0);
  return groups.reduce((sum, group) => sum + ofGroup(group), 0);
}

/** Policy versions that a task's policy is behind; 0 for the very policy that learns, whatever its version was then. */
export function stalenessOf({ policyHash, policyVersion }: RolloutTask, { policy }: IterationPlan): number {
  return policyHash === policy.hash ? 0 : policy.version - policyVersion;
}

/**
 * Staleness in policy versions, over groups. The counts
 * have verl's names and, like them, go on from iteration to iteration.
 */
function overlapMetrics({ plan, groups, overlap }: RolloutBatch): Record<string, number> {
  if (overlap === undefined) return {};
  const staleness = groups.map(({ task }) => stalenessOf(task, plan));
  return {
    'staleness/mean': staleness.reduce((sum, one) => sum + one, 0) / staleness.length,
    'staleness/max': Math.max(...staleness),
    'fully_async/count/stale_samples_processed': overlap.consumedStale,
    'fully_async/count/dropped_stale_samples': overlap.droppedStale,
  };
}
