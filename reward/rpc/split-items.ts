import type { PromptToScore } from '../serving/reward-service.js';

/** Answers of one request, at most, unless a single prompt has more. */
const ANSWERS = 256;
/** About what one request weighs at most, unless a single prompt does, in bytes: a sixteenth of what servers take. */
const BYTES = 512 * 1024;
const BYTES_PER_UNIT = 3;

/** Parts the prompts of a large request into requests that a server takes, in order. */
export function splitItems(items: readonly PromptToScore[]): PromptToScore[][] {
  const parts: PromptToScore[][] = [[]];
  let [answers, bytes] = [0, 0];
  for (const item of items) {
    const weight = bytesOf(item);
    const part = parts[parts.length - 1];
    const isFull = answers + item.answers.length > ANSWERS || bytes + weight > BYTES;
    if (part.length > 0 && isFull) {
      parts.push([item]);
      [answers, bytes] = [item.answers.length, weight];
    } else {
      part.push(item);
      answers += item.answers.length;
      bytes += weight;
    }
  }
  return parts;
}

function bytesOf({ prompt, promptTokenIds = [], answers }: PromptToScore): number {
  let units = prompt.length + promptTokenIds.length;
  for (const { text, tokenIds = [] } of answers) units += text.length + tokenIds.length;
  return BYTES_PER_UNIT * units;
}
