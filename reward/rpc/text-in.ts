import type * as wire from '../../proto/gen/majlis/v1/reward.js';

/** About how large a request is: the UTF-16 units of its texts, and its token ids. */
export function textIn({ items }: wire.ScoreRequest): number {
  let units = 0;
  for (const { prompt, promptTokenIds, answers } of items) {
    units += (prompt?.text?.length ?? 0) + promptTokenIds.length;
    for (const { text = '', tokenIds } of answers) units += text.length + tokenIds.length;
  }
  return units;
}
