import type { RolloutBatch } from './rollout-batch.js';

/** A character that lost bytes at the token limit decodes to U+FFFD. */
const BROKEN_END = /\uFFFD$/u;

/** What a batch's shape says: how long answers are, and what was cut. Counts, not shares, so that one is seen. */
export function rolloutMetrics(batch: RolloutBatch): Record<string, number> {
  const { groups } = batch;
  const answers = groups.flatMap(({ result }) => result.trajectories);
  const stopped = answers.filter(({ finish }) => finish === 'stop').length;
  const tokens = answers.reduce((sum, { tokenIds }) => sum + tokenIds.length, 0);
  return {
    'prompts/truncated': groups.filter(({ task }) => task.prompt.truncated).length,
    'answers/mean_length': tokens / answers.length,
    'answers/reached_limit': answers.length - stopped,
    'answers/cut_characters': answers.filter(
      ({ finish, text }) => finish === 'length' && BROKEN_END.test(text),
    ).length,
    'val/num_eos_tokens': stopped,
    ...overlapMetrics(batch),
  };
}

/** Staleness in policy versions, over groups; 0 for the very policy that learns, whatever its version was then. The counts have verl's names and, like them, go on from iteration to iteration. */
function overlapMetrics({ plan, groups, overlap }: RolloutBatch): Record<string, number> {
  if (overlap === undefined) return {};
  const { version, hash } = plan.policy;
  const staleness = groups.map(({ task }) => (task.policyHash === hash ? 0 : version - task.policyVersion));
  return {
    'staleness/mean': staleness.reduce((sum, one) => sum + one, 0) / staleness.length,
    'staleness/max': Math.max(...staleness),
    'fully_async/count/stale_samples_processed': overlap.consumedStale,
    'fully_async/count/dropped_stale_samples': overlap.droppedStale,
  };
}
