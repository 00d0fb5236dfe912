import { BadInputError } from '../../../../core/errors.js';
import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';
import { compileSchedule, requireCorrection } from '../../../../coordinator/schedule/schedule-options.js';

describe('compileSchedule', () => {
  it('lets an async run learn from answers of one version before, unless told', () => {
    expect(compileSchedule({ schedule: 'async' })).toEqual({ kind: 'async', maxStaleness: 1 });
    expect(compileSchedule({ schedule: 'async', maxStaleness: 0 })).toEqual({
      kind: 'async',
      maxStaleness: 0,
    });
    expect(compileSchedule({ schedule: 'lockstep' })).toEqual({ kind: 'lockstep' });
  });
});

describe('requireCorrection', () => {
  const { importanceCap, ...uncorrected } = compileAlgorithm({});

  it('refuses an async run without importance sampling, and no other', () => {
    const async = { kind: 'async', maxStaleness: 1 } as const;
    expect(() => requireCorrection(async, uncorrected)).toThrow(BadInputError);
    expect(() => requireCorrection(async, { ...uncorrected, importanceCap })).not.toThrow();
    expect(() => requireCorrection({ kind: 'lockstep' }, uncorrected)).not.toThrow();
  });
});
