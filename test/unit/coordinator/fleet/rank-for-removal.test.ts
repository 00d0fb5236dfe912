import { rankForRemoval } from '../../../../coordinator/fleet/rank-for-removal.js';
import type { RemovalCandidate } from '../../../../coordinator/fleet/rank-for-removal.js';
import { createRng } from '../../../../core/math/rng.js';

function worker(name: string, ...ages: number[]): RemovalCandidate {
  return { worker: name, held: ages.map((heldMs, at) => ({ taskId: `${name}-${at}`, heldMs })) };
}

describe('rankForRemoval', () => {
  it('removes idle workers first, then whoever loses least work', () => {
    const ranked = rankForRemoval([
      worker('long', 90_500),
      worker('two short', 1000, 2000),
      worker('idle b'),
      worker('one of the same age', 3000),
      worker('idle a'),
    ]);
    expect(ranked.map(({ candidate, rank, cost }) => [candidate.worker, rank, cost])).toEqual([
      ['idle a', 0, 0],
      ['idle b', 1, 0],
      ['one of the same age', 2, 13],
      ['two short', 3, 13],
      ['long', 4, 100],
    ]);
  });

  it('never ranks a busy worker before an idle one, nor prices it like one, however the fleet looks', () => {
    const rng = createRng(7);
    for (let fleet = 0; fleet < 200; fleet += 1) {
      const workers = Array.from({ length: 1 + rng.integer(12) }, (_, at) =>
        worker(`w${at}`, ...Array.from({ length: rng.integer(3) }, () => rng.integer(3) * 1000)),
      );
      const ranked = rankForRemoval(workers);
      const idle = workers.filter(({ held }) => held.length === 0).length;
      expect(ranked).toHaveLength(workers.length);
      for (const { candidate, rank, cost } of ranked) {
        expect(rank < idle).toBe(candidate.held.length === 0);
        expect(cost === 0).toBe(candidate.held.length === 0);
      }
    }
  });
});
