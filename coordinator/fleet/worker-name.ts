import type { Caller } from '../../core/trust/authorize.js';

/**
 * What a worker is called here: by the name of the token or certificate that it shows, with what it calls itself behind a
 * slash. So none can take the place of a worker that shows another. Whoever is more than a worker is believed, as is
 * everybody where nobody is asked who they are.
 */
export function workerName(caller: Caller | undefined, claimed: string): string {
  if (caller?.role !== 'worker' || claimed === caller.name) return claimed;
  const own = `${caller.name}/`;
  return claimed.startsWith(own) ? claimed : own + claimed;
}
