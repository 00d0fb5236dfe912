import type { Order } from '../../core/domain/verdict.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import { ORDERS } from './position-swap.js';

/**
 * `both` asks in both orders. `counterbalanced` asks neighbours in the panel in opposite ones, turn about over the pairs,
 * and in both only for one pair in ten: from those a judge's position bias is known, and can be taken off its other votes.
 * That is 55 % of the calls.
 */
export type OrderPlan = 'both' | 'counterbalanced';

const BOTH_ORDERS_EVERY = 10;

/** The orders that the judge on that seat is asked in; by a hash of the pair's id, so whatever other pairs are asked. */
export function pairOrders(pairId: string, plan: OrderPlan, seat: number): readonly Order[] {
  if (plan === 'both') return ORDERS;
  const draw = parseInt(sha256(pairId).slice(0, 8), 16);
  if (draw % BOTH_ORDERS_EVERY === 0) return ORDERS;
  return [ORDERS[(Math.floor(draw / BOTH_ORDERS_EVERY) + seat) % ORDERS.length]];
}
