import type { Rng } from '../../core/math/rng.js';

/** Places 0 … size − 1 without end, each pass in a seeded order of its own. */
export function* endlessOrder(rng: Rng, size: number): Generator<number, never> {
  const indices = Array.from({ length: size }, (_, index) => index);
  for (let epoch = 0; ; epoch += 1) yield* rng.fork(epoch).shuffle(indices);
}
