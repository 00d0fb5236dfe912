import { callCost, formatMicros } from '../../../../reward/gateway/money.js';

describe('the cost of a call', () => {
  // 0.40 and 1.20 of the currency for a million tokens, in micros.
  const price = { promptMicros: 400_000, completionMicros: 1_200_000 };

  it.each([
    [0, 0, 0],
    // 1000 · 0.40 + 50 · 1.20 = 460 millionths.
    [1000, 50, 460],
    // 0.4 millionths: rounded up, never down to nothing.
    [1, 0, 1],
    [5, 0, 2],
    [1_000_000, 1_000_000, 1_600_000],
  ])('of %d prompt and %d completion tokens is %d millionths', (promptTokens, completionTokens, cost) => {
    expect(callCost({ promptTokens, completionTokens }, price)).toBe(cost);
  });

  it('is exact where doubles would not be', () => {
    const dear = { promptMicros: 999_999_999, completionMicros: 0 };
    // 9,999,999 · 999,999,999 = 9,999,998,990,000,001, beyond 2^53.
    expect(callCost({ promptTokens: 9_999_999, completionTokens: 0 }, dear)).toBe(9_999_998_991);
  });
});

describe('an amount', () => {
  it.each([
    [0, '0.00'],
    [1_230_000, '1.23'],
    [1_000_001, '1.000001'],
    [450, '0.00045'],
    [-1_500_000, '-1.50'],
  ])('of %d millionths reads %s', (micros, text) => {
    expect(formatMicros(micros)).toBe(text);
  });
});
