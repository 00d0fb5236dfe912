import type { RolloutBatch } from './rollout-batch.js';

/** A character that lost bytes at the token limit decodes to U+FFFD. */
const BROKEN_END = /\uFFFD$/u;

/** What a batch's shape says: how long answers are, and what was cut. Counts, not shares, so that one is seen. */
export function rolloutMetrics({ groups }: RolloutBatch): Record<string, number> {
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
  };
}
