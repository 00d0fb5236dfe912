/** How much of a prompt that was cut has to be left to know it by, in UTF-16 units. */
const LEAST_LEFT = 16;

/**
 * The answer in a text that is a prompt and its answer: what follows the prompt. Tokenizers that drop a leading space, and
 * trainers that cut a long prompt at its beginning, are allowed for. Undefined where the text does not begin with the prompt.
 */
export function answerInQuery(query: string, prompt: string): string | undefined {
  if (query.startsWith(prompt)) return query.slice(prompt.length);
  const [queryBare, promptBare] = [query.trimStart(), prompt.trimStart()];
  if (queryBare.startsWith(promptBare)) return queryBare.slice(promptBare.length);
  const left = longestOverlap(prompt, query);
  return left < LEAST_LEFT ? undefined : query.slice(left);
}

/** Length of the longest end of one text that the other begins with; linear, by the borders of Knuth, Morris and Pratt. */
function longestOverlap(ends: string, begins: string): number {
  const pattern = begins.slice(0, ends.length);
  const borders = new Uint32Array(pattern.length + 1);
  let matched = 0;
  const grow = (text: string, at: number): void => {
    while (matched > 0 && (matched === pattern.length || text[at] !== pattern[matched]))
      matched = borders[matched];
    if (text[at] === pattern[matched]) matched += 1;
  };
  for (let at = 1; at < pattern.length; at += 1) {
    grow(pattern, at);
    borders[at + 1] = matched;
  }
  matched = 0;
  for (let at = 0; at < ends.length; at += 1) grow(ends, at);
  return matched;
}
