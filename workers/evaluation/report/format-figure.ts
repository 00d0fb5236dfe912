import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';

export type Unit = 'percent' | 'nats';

/** `63.1% (58.0 to 68.2, n = 240)`, or the same in nats. */
export function formatInterval({ value, low, high, n }: IntervalEstimate, unit: Unit): string {
  return `${formatNumber(value, unit)} (${bare(low, unit)} to ${bare(high, unit)}, n = ${n})`;
}

export function formatNumber(value: number, unit: Unit): string {
  return unit === 'percent' ? `${bare(value, unit)}%` : `${bare(value, unit)} nats`;
}

function bare(value: number, unit: Unit): string {
  return unit === 'percent' ? (value * 100).toFixed(1) : value.toFixed(2);
}
