/** Code points of a stretch that counts as repeated when the same answer had it before. */
const STRETCH = 8;
const PER_CHARACTERS = 100;

const MARKS: readonly RegExp[] = [
  // Bullets and numbered items.
  /^\s*(?:[-*+]\s|[•‣▪◦・]|\p{Nd}{1,3}[.)]\s)/gmu,
  // Headings.
  /^\s{0,3}#{1,6}\s/gmu,
  // Bold.
  /\*\*[^*\n]+\*\*|__[^_\n]+__/gu,
  // Emoji.
  /\p{Extended_Pictographic}/gu,
  // Exclamation marks.
  /[!！¡]/gu,
];

/**
 * How much an answer is decorated, whatever its language: list items, headings, bold stretches, emoji, exclamation marks,
 * and stretches of eight characters that the answer already had, per 100 characters. A rate, so that length is not
 * counted twice. 0 for an empty answer.
 */
export function formatMarks(text: string): number {
  const characters = [...text];
  if (characters.length === 0) return 0;
  const marks = MARKS.reduce((sum, mark) => sum + (text.match(mark)?.length ?? 0), 0);
  return (PER_CHARACTERS * (marks + repeatedCharacters(characters) / STRETCH)) / characters.length;
}

/** Characters at which a stretch ends that the text already had. */
function repeatedCharacters(characters: readonly string[]): number {
  const seen = new Set<string>();
  let repeated = 0;
  for (let end = STRETCH; end <= characters.length; end += 1) {
    const stretch = characters.slice(end - STRETCH, end).join('');
    if (seen.has(stretch)) repeated += 1;
    seen.add(stretch);
  }
  return repeated;
}
