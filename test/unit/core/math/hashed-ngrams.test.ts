import { createNgramReader } from '../../../../core/math/hashed-ngrams.js';
import { createRng } from '../../../../core/math/rng.js';

const BUCKETS = 1 << 16;

function bucketOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1);
}

/** Letters, blanks, marks that join and that do not, jamo, what is another in NFC, pairs and halves of pairs. */
const PIECES = [
  ...'abcابتثهو가각漢 ',
  ...['\n', '\u00a0\u2001', '\u064b', '\u0651', '\u064e', '\u0653', '\u0654', '\u0301', '\u0327'],
  ...['\u1100', '\u1161', '\u11a8', '\u212b', '\uf900', '\u0958', '\u09c7', '\u09be', 'é', '😀', '\u{1d15e}'],
  ...['\ud83d', '\ude00', 'a'.repeat(400)],
];

/** As the docstring of the reader says it, by strings and a map. */
function defined(
  text: string,
  { buckets, shortest, longest }: { buckets: number; shortest: number; longest: number },
): number[][] {
  const plain = text.normalize('NFC').replace(/\s+/gu, ' ').replace(/^ | $/gu, '');
  const points = Array.from(` ${plain} `, (letter) => letter.codePointAt(0) ?? 0);
  const counts = new Map<number, number>();
  for (let at = 0; at < points.length; at += 1) {
    for (let size = shortest; size <= longest && at + size <= points.length; size += 1) {
      let hash = 0x811c9dc5;
      for (const point of points.slice(at, at + size)) hash = Math.imul(hash ^ point, 0x01000193);
      const bucket = (hash ^ (hash >>> 15)) & (buckets - 1);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
  }
  let squares = 0;
  for (const count of counts.values()) squares += Math.log1p(count) * Math.log1p(count);
  return [...counts].map(([bucket, count]) => [bucket, Math.log1p(count) / Math.sqrt(squares)]);
}

describe('createNgramReader', () => {
  it('counts n-grams in FNV-1a buckets as log(1 + count), scaled to length 1', () => {
    const read = createNgramReader({ buckets: BUCKETS, shortest: 1, longest: 1 });
    // FNV-1a of 'a' is 0xe40c292c (the reference vectors of Fowler, Noll and Vo); the text is ' a '.
    const { indices, values, length } = read('a');
    expect(length).toBe(2);
    expect(indices[1]).toBe(bucketOf(0xe40c292c));
    const [two, one] = [Math.log(3), Math.log(2)];
    expect(values[0]).toBeCloseTo(two / Math.hypot(two, one), 12);
    expect(values[1]).toBeCloseTo(one / Math.hypot(two, one), 12);
  });

  it('hashes the longest n-gram whole', () => {
    const { indices, length } = createNgramReader({ buckets: BUCKETS, shortest: 6, longest: 6 })('foobar');
    // Of ' foobar ', three n-grams of six; the middle one is foobar, whose FNV-1a is 0xbf9cf968.
    expect([...indices.subarray(0, length)]).toContain(bucketOf(0xbf9cf968));
    expect(length).toBe(3);
  });

  it('reads equal writings alike and forgets the text before', () => {
    const read = createNgramReader({ buckets: 1 << 10, shortest: 2, longest: 4 });
    const of = (text: string): number[][] => {
      const { indices, values, length } = read(text);
      return [[...indices.subarray(0, length)], [...values.subarray(0, length)]];
    };
    const composed = of('caf\u00e9  au\nlait');
    of('something else, long enough to have touched other buckets 한국어 😀'.repeat(200));
    expect(of(' cafe\u0301 au lait ')).toEqual(composed);
  });

  it('reads a pair of surrogates as one code point and a lone one as itself', () => {
    const read = createNgramReader({ buckets: BUCKETS, shortest: 1, longest: 1 });
    const fnv = (codePoint: number): number => bucketOf(Math.imul(0x811c9dc5 ^ codePoint, 0x01000193));
    const { indices, length } = read('😀\ud83d');
    expect([...indices.subarray(0, length)]).toEqual([fnv(0x20), fnv(0x1f600), fnv(0xd83d)]);
  });

  it('counts a loop of thousands as any other text', () => {
    const { values, length } = createNgramReader({ buckets: BUCKETS, shortest: 1, longest: 1 })(
      'a'.repeat(3000),
    );
    expect(length).toBe(2);
    const [blanks, loop] = [Math.log(3), Math.log(3001)];
    expect(values[1]).toBeCloseTo(loop / Math.hypot(blanks, loop), 12);
  });

  it.each([
    { shortest: 2, longest: 4 },
    { shortest: 1, longest: 3 },
  ])('says of any text, to the last bit, what its definition says: $shortest to $longest', (sizes) => {
    const shape = { buckets: 1 << 9, ...sizes };
    const read = createNgramReader(shape);
    const rng = createRng(11);
    for (let times = 0; times < 200; times += 1) {
      const text = Array.from({ length: rng.integer(120) }, () => PIECES[rng.integer(PIECES.length)]).join(
        '',
      );
      const { indices, values, length } = read(text);
      const entries = Array.from({ length }, (_, at) => [indices[at], values[at]]);
      expect(entries).toEqual(defined(text, shape));
    }
  });

  it('has no entries for a text without n-grams', () => {
    expect(createNgramReader({ buckets: 16, shortest: 4, longest: 5 })('  ').length).toBe(0);
  });
});
