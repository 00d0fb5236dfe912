/** Bytes of a content, both ends included, from 0. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Which bytes of a content of `size` a Range header asks for (RFC 9110, section 14). Absent, of another unit, malformed or
 * more than one range: `whole`, since a server may ignore the field. A range that begins behind the end is
 * `unsatisfiable`.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return 'whole';
  if (first === '') return fromEnd(Number(last), size);
  if (last !== '' && Number(last) < Number(first)) return 'whole';
  if (Number(first) >= size) return 'unsatisfiable';
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function fromEnd(length: number, size: number): ByteRange | 'unsatisfiable' {
  return length === 0 || size === 0 ? 'unsatisfiable' : { first: Math.max(0, size - length), last: size - 1 };
}
