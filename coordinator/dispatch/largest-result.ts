import type { RolloutTaskOptions } from './rollout-tasks.js';

/** Far more than a token takes on the wire: its id, its log-probability and the text it stands for. */
const BYTES_PER_TOKEN = 1024;
/** Hashes and numbers of the group. */
const BYTES_OF_FRAME = 16 * 1024;

/** More bytes than an answer to any task of the run can have; what is longer is not even read. */
export function largestResult({ groupSize, sampling }: RolloutTaskOptions): number {
  return BYTES_OF_FRAME + groupSize * sampling.maxNewTokens * BYTES_PER_TOKEN;
}
