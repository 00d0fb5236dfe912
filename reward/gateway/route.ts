import type { Clock } from '../../core/runtime/clock.js';
import type { ChatClient } from '../judge/chat-call.js';
import type { Endpoint } from './endpoint.js';
import type { TokenPrice } from './money.js';

/** One way to a judge's model: an endpoint, the client that calls it there, and what it bills. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly client: ChatClient;
  readonly price: TokenPrice;
}

/** After a breaker let nobody through although its time was over: clocks differ by a tick. */
const TICK_MS = 10;

/**
 * The route that a call of that size goes by: the first that works and can take it now, else the one that can take it
 * soonest. Where all are broken it waits until one may be tried; the signal ends the waiting as `cancelled`.
 */
export async function chooseRoute(
  routes: readonly Route[],
  mostTokens: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Route> {
  for (;;) {
    const working = routes.filter(({ endpoint }) => endpoint.brokenForMs === 0);
    const [first, ...others] = working;
    if (first !== undefined) {
      const backlog = (route: Route): number => route.endpoint.backlog(mostTokens);
      return others.reduce((best, route) => (backlog(route) < backlog(best) ? route : best), first);
    }
    await clock.sleep(TICK_MS + Math.min(...routes.map(({ endpoint }) => endpoint.brokenForMs)), signal);
  }
}
