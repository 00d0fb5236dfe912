import type { ChatUsage } from '../judge/chat-call.js';

/**
 * Money is counted in whole millionths of a currency ("micros"), so that sums are exact. A cost is rounded up, once for
 * each call: what is reported is never less than what was billed, by less than a millionth a call.
 */
export const MICROS_PER_UNIT = 1_000_000;

const TOKENS_PER_PRICE = 1_000_000n;

/** What a million tokens cost, in micros. */
export interface TokenPrice {
  readonly promptMicros: number;
  readonly completionMicros: number;
}

/** Micros that a call costs. */
export function callCost({ promptTokens, completionTokens }: ChatUsage, price: TokenPrice): number {
  const prompt = BigInt(promptTokens) * BigInt(price.promptMicros);
  const completion = BigInt(completionTokens) * BigInt(price.completionMicros);
  return Number((prompt + completion + TOKENS_PER_PRICE - 1n) / TOKENS_PER_PRICE);
}

/** An amount as people write it, with at least two and at most six decimals: 1230000 is `1.23`. */
export function formatMicros(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(micros) / MICROS_PER_UNIT);
  const fraction = String(Math.abs(micros) % MICROS_PER_UNIT).padStart(6, '0');
  return `${sign}${whole}.${fraction.slice(0, 2)}${fraction.slice(2).replace(/0+$/, '')}`;
}
