import { createRng } from '../../../../core/math/rng.js';
import { softBradleyTerry } from '../../../../core/math/soft-bradley-terry.js';
import { mathFixture } from '../../../support/math-fixture.js';

describe('softBradleyTerry', () => {
  it('is log 2 for equal scores whatever the label, and pushes by label minus a half', () => {
    for (const label of [0, 0.25, 1]) {
      const pair = softBradleyTerry({ scoreFirst: 3, scoreSecond: 3, label });
      expect(pair.loss).toBeCloseTo(Math.LN2, 15);
      expect(pair.gradientFirst).toBeCloseTo(0.5 - label, 15);
      expect(pair.gradientSecond).toBeCloseTo(label - 0.5, 15);
    }
  });

  it.each(mathFixture.softBradleyTerry)(
    'agrees with PyTorch for label $label, margin $margin, offset $logitOffset, centring $centring',
    (known) => {
      const pair = softBradleyTerry(known);
      expect(pair.loss).toBeCloseTo(known.loss, 12);
      expect(pair.gradientFirst).toBeCloseTo(known.gradient[0], 12);
      expect(pair.gradientSecond).toBeCloseTo(known.gradient[1], 12);
    },
  );

  it('is at rest where the scores say what the label says', () => {
    const pair = softBradleyTerry({ scoreFirst: Math.log(0.7 / 0.3), scoreSecond: 0, label: 0.7 });
    expect(pair.gradientFirst).toBeCloseTo(0, 15);
  });

  it('does not change when the answers swap with their label and offset', () => {
    const rng = createRng(4);
    for (let trial = 0; trial < 50; trial += 1) {
      const label = rng.uniform();
      const [scoreFirst, scoreSecond, logitOffset] = [rng.normal(), rng.normal(), rng.normal()];
      const shared = { margin: rng.uniform(), centring: 0.01 };
      const pair = softBradleyTerry({ scoreFirst, scoreSecond, label, logitOffset, ...shared });
      const swapped = softBradleyTerry({
        scoreFirst: scoreSecond,
        scoreSecond: scoreFirst,
        label: 1 - label,
        logitOffset: -logitOffset,
        ...shared,
      });
      expect(swapped.loss).toBeCloseTo(pair.loss, 12);
      expect(swapped.gradientFirst).toBeCloseTo(pair.gradientSecond, 12);
    }
  });

  it('stays finite where one score is 10000 above the other', () => {
    expect(softBradleyTerry({ scoreFirst: 1e4, scoreSecond: 0, label: 0 }).loss).toBe(1e4);
    expect(softBradleyTerry({ scoreFirst: 1e4, scoreSecond: 0, label: 1 }).loss).toBe(0);
  });

  it('refuses a label outside 0 to 1 and scores that are not numbers', () => {
    expect(() => softBradleyTerry({ scoreFirst: 0, scoreSecond: 0, label: 1.5 })).toThrow(
      'A soft label is 1.5',
    );
    expect(() => softBradleyTerry({ scoreFirst: NaN, scoreSecond: 0, label: 1 })).toThrow(
      'logit of a pair is NaN',
    );
  });
});
