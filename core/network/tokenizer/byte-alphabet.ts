/**
 * GPT-2's printable alphabet for bytes (openai/gpt-2, `bytes_to_unicode`; the ByteLevel pre-tokenizer of Hugging
 * Face tokenizers uses the same one): a byte that is a visible Latin-1 character stands for itself, and the other
 * 68 bytes, in order, are written as U+0100, U+0101 and so on.
 */
function isVisible(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function buildAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    if (isVisible(byte)) return String.fromCharCode(byte);
    next += 1;
    return String.fromCharCode(next - 1);
  });
}

/** The character that a byte is written as. [byte] */
export const byteCharacters: readonly string[] = buildAlphabet();

const characterBytes: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

/** The bytes that a vocabulary entry stands for; undefined when it has a character outside the alphabet. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let at = 0; at < token.length; at += 1) {
    const byte = characterBytes.get(token.charAt(at));
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}
