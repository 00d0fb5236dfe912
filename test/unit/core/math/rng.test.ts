import { createRng, philox } from '../../../../core/math/rng.js';

function hexadecimal(words: readonly number[]): string {
  return words.map((word) => word.toString(16).padStart(8, '0')).join(' ');
}

function drawn(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw);
}

describe('philox', () => {
  // The philox4x32 10 lines of Random123's tests/kat_vectors.
  it('gives the published answer for counter and key of zeros', () => {
    expect(hexadecimal(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  });

  it('gives the published answer for counter and key of ones', () => {
    const ones = 0xffffffff;
    expect(hexadecimal(philox([ones, ones, ones, ones], [ones, ones]))).toBe(
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    );
  });

  it('gives the published answer for the digits of pi', () => {
    const block = philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]);
    expect(hexadecimal(block)).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });
});

describe('createRng', () => {
  it('draws the words of block 0 of its key first', () => {
    const rng = createRng(0);
    expect(hexadecimal(drawn(4, () => rng.uint32()))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  });

  it('repeats itself for the same seed and differs for seeds that differ above 2^32', () => {
    const low = createRng(7);
    const again = createRng(7);
    const high = createRng(7 + 2 ** 32);
    const first = drawn(10, () => low.uint32());
    expect(drawn(10, () => again.uint32())).toEqual(first);
    expect(drawn(10, () => high.uint32())).not.toEqual(first);
  });

  it('makes a uniform number from 27 high bits and 26 low bits of two words', () => {
    // 0x6627e8d5 >>> 5 = 53559110, 0xe169c58d >>> 6 = 59090710; (53559110 * 2^26 + 59090710) / 2^53
    expect(createRng(0).uniform()).toBe((53559110 * 2 ** 26 + 59090710) / 2 ** 53);
  });

  it('draws integers evenly', () => {
    const rng = createRng(3);
    const counts = new Array<number>(6).fill(0);
    for (let draw = 0; draw < 6000; draw += 1) counts[rng.integer(6)] += 1;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 5 degrees of freedom: 20.5 is exceeded once in a thousand.
    expect(chiSquare).toBeLessThan(20.5);
  });

  it('draws normal numbers with mean 0, variance 1 and kurtosis 3', () => {
    const rng = createRng(11);
    const numbers = drawn(40_000, () => rng.normal());
    const moment = (power: number): number =>
      numbers.reduce((sum, number) => sum + number ** power, 0) / numbers.length;
    // Five standard errors each: sqrt(1/n), sqrt(2/n), sqrt(96/n).
    expect(Math.abs(moment(1))).toBeLessThan(0.025);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.036);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25);
  });

  it('shuffles every order equally often and keeps its argument', () => {
    const rng = createRng(5);
    const items = ['a', 'b', 'c'];
    const orders = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw += 1) {
      const order = rng.shuffle(items).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    const chiSquare = [...orders.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(orders.size).toBe(6);
    expect(chiSquare).toBeLessThan(20.5);
    expect(items).toEqual(['a', 'b', 'c']);
  });
});

describe('fork', () => {
  it('gives the same child whatever the parent has drawn', () => {
    const fresh = createRng(9).fork('judge');
    const parent = createRng(9);
    drawn(17, () => parent.uint32());
    expect(drawn(5, () => parent.fork('judge').uint32())).toEqual(new Array<number>(5).fill(fresh.uint32()));
  });

  it('does not advance the parent', () => {
    const forked = createRng(9);
    forked.fork('judge').uint32();
    const untouched = createRng(9);
    expect(forked.uint32()).toBe(untouched.uint32());
  });

  it('gives children of different labels different streams, nested labels included', () => {
    const root = createRng(9);
    const children = [
      root,
      root.fork('ab'),
      root.fork('a').fork('b'),
      root.fork('ba'),
      root.fork(''),
      root.fork('a'),
      root.fork(0),
      root.fork('0'),
      root.fork(1),
      root.fork(10),
    ];
    expect(new Set(children.map((child) => child.uint32())).size).toBe(children.length);
  });
});
