/**
 * GPT-2's split into words (openai/gpt-2, encoder.py). White space is Unicode's White_Space property, as in Hugging
 * Face tokenizers' regular-expression engine; JavaScript's own \s counts U+FEFF and leaves out U+0085.
 */
const WORDS =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** The words that byte-pair merges stay inside of, in order; together they are the text. */
export function preTokenize(text: string): readonly string[] {
  return text.match(WORDS) ?? [];
}
