const CONTINUATION = 0x80;
const TWO = 0xc0;
const THREE = 0xe0;
const FOUR = 0xf0;
const LONGEST = 4;

/** How many bytes at the end begin a UTF-8 character without ending it; 0 where the last character is whole or no UTF-8. */
export function unfinishedBytes(bytes: readonly number[]): number {
  for (let back = 1; back <= Math.min(LONGEST - 1, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte < CONTINUATION) return 0;
    if (byte >= TWO) return back < lengthOf(byte) ? back : 0;
  }
  return 0;
}

/** Bytes of the character that a lead byte begins (RFC 3629, section 3). */
function lengthOf(lead: number): number {
  if (lead >= FOUR) return LONGEST;
  return lead >= THREE ? 3 : 2;
}
