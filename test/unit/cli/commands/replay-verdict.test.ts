import { replayVerdict } from '../../../../cli/commands/replay/replay-verdict.js';
import type { IterationReplay } from '../../../../coordinator/replay/replay-iteration.js';

type Compared = Pick<IterationReplay, 'before' | 'hashes' | 'quantities'>;

const same: Compared = {
  before: [{ iteration: 0, version: 1, hash: 'w1', recordedHash: 'w1' }],
  hashes: [{ what: 'policy version 2', recorded: 'w2', recomputed: 'w2' }],
  quantities: [{ quantity: 'losses', count: 1, isIdentical: true, largestRelativeDifference: 0 }],
};
const off = (largestRelativeDifference?: number): Compared['quantities'] => [
  {
    quantity: 'losses',
    count: 1,
    isIdentical: false,
    ...(largestRelativeDifference === undefined ? {} : { largestRelativeDifference }),
  },
];
const otherHash: Compared['hashes'] = [{ what: 'policy version 2', recorded: 'w2', recomputed: 'v2' }];
const here = { isSameFingerprint: true, tolerance: 1e-4 };
const elsewhere = { isSameFingerprint: false, tolerance: 1e-4 };

describe('the verdict on a replay', () => {
  it('is identical where every bit is, also elsewhere', () => {
    expect(replayVerdict(same, here)).toBe('identical');
    expect(replayVerdict(same, elsewhere)).toBe('identical');
  });

  it('takes no tolerance where nothing that computes has changed', () => {
    expect(replayVerdict({ ...same, quantities: off(1e-9) }, here)).toBe('different');
    expect(replayVerdict({ ...same, hashes: otherHash }, here)).toBe('different');
    const before = [{ iteration: 0, version: 1, hash: 'v1', recordedHash: 'w1' }];
    expect(replayVerdict({ ...same, before }, here)).toBe('different');
  });

  it('is by the largest relative difference elsewhere, where hashes say nothing', () => {
    expect(replayVerdict({ ...same, hashes: otherHash, quantities: off(1e-4) }, elsewhere)).toBe(
      'within_tolerance',
    );
    expect(replayVerdict({ ...same, quantities: off(1.1e-4) }, elsewhere)).toBe('different');
    expect(replayVerdict({ ...same, quantities: off() }, elsewhere)).toBe('different');
  });
});
