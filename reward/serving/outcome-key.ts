import { sha256 } from '../../core/runtime/content-hash.js';
import type { RewardHashes } from '../../core/scorer/scorer.js';
import type { AnswerToReward } from '../model/reward-model.js';

const BYTES_PER_UNIT = 2;
/** Nearly every key is made in here. */
const usualRoom = Buffer.alloc(1 << 16);

/**
 * The hash of all that an outcome is a function of: what is kept of an answer is not its text. Lengths stand before texts, so that
 * no two answers have one key, and texts are hashed by their units, so that none becomes another by being encoded.
 */
export function outcomeKey(
  { rubricHash, rewardModelHash }: RewardHashes,
  { prompt, answer, tokenIds }: AnswerToReward,
): string {
  const { locale, category, text } = prompt;
  // An empty list of tokens is something else than none: it is not read from the text.
  const tokens = tokenIds === undefined ? '' : `[${tokenIds.join(',')}`;
  const named = category === undefined ? '' : `=${category}`;
  const lengths = `${locale.length} ${named.length} ${tokens.length} ${text.length}`;
  const head = `${rubricHash}/${rewardModelHash} ${lengths} ${locale}${named}${tokens}`;
  const bytes = BYTES_PER_UNIT * (head.length + text.length + answer.length);
  const room = bytes <= usualRoom.length ? usualRoom : Buffer.alloc(bytes);
  let end = 0;
  for (const part of [head, text, answer]) end += room.write(part, end, 'utf16le');
  return sha256(room.subarray(0, end));
}
