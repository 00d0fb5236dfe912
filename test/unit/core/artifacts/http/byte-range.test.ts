import { parseRange } from '../../../../../core/artifacts/http/byte-range.js';

describe('a Range header', () => {
  it.each([
    // The examples of RFC 9110, section 14.1.2, of a content of 10,000 bytes.
    ['bytes=0-499', 10_000, { first: 0, last: 499 }],
    ['bytes=500-999', 10_000, { first: 500, last: 999 }],
    ['bytes=-500', 10_000, { first: 9500, last: 9999 }],
    ['bytes=9500-', 10_000, { first: 9500, last: 9999 }],
    ['bytes=9500-99999', 10_000, { first: 9500, last: 9999 }],
    ['bytes=-99999', 10_000, { first: 0, last: 9999 }],
    ['bytes=10000-', 10_000, 'unsatisfiable'],
    ['bytes=-0', 10_000, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-1', 0, 'unsatisfiable'],
    ['bytes=5-4', 10_000, 'whole'],
    ['bytes=0-0,-1', 10_000, 'whole'],
    ['bytes=-', 10_000, 'whole'],
    ['items=0-1', 10_000, 'whole'],
    ['bytes=0x1-2', 10_000, 'whole'],
    ['bytes=99999999999999999999-', 10_000, 'whole'],
    [undefined, 10_000, 'whole'],
  ] as const)('%s of %d bytes is %j', (header, size, range) => {
    expect(parseRange(header, size)).toEqual(range);
  });
});
