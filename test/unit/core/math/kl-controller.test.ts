import {
  adaptiveKlController,
  fixedKlController,
  klControllerFrom,
} from '../../../../core/math/kl-controller.js';
import type { KlControllerState } from '../../../../core/math/kl-controller.js';

const options = { initial: 0.2, target: 6, horizon: 1000 };

describe('adaptiveKlController', () => {
  it('follows the error in proportion, as worked out by hand', () => {
    // KL 6.6: error +0.1; 0.2 * (1 + 0.1 * 100 / 1000) = 0.202. KL 5.4: 0.2 * 0.99 = 0.198.
    expect(adaptiveKlController(options).updated(6.6, 100).coef).toBeCloseTo(0.202, 12);
    expect(adaptiveKlController(options).updated(5.4, 100).coef).toBeCloseTo(0.198, 12);
    expect(adaptiveKlController(options).updated(6, 100).coef).toBe(0.2);
  });

  it('clips the error at 20% on both sides', () => {
    // 0.2 * (1 + 0.2 * 500 / 1000) = 0.22 and 0.2 * 0.9 = 0.18, however far off the KL is.
    expect(adaptiveKlController(options).updated(600, 500).coef).toBeCloseTo(0.22, 12);
    expect(adaptiveKlController(options).updated(-3, 500).coef).toBeCloseTo(0.18, 12);
  });

  it('leaves the controller it came from as it was', () => {
    const before = adaptiveKlController(options);
    before.updated(600, 500);
    expect(before.coef).toBe(0.2);
  });

  it('never turns the penalty into a bonus, however large the batch', () => {
    expect(adaptiveKlController(options).updated(0, 100_000).coef).toBe(0);
  });

  it('continues from its state, through JSON, as if it had never stopped', () => {
    const running = adaptiveKlController(options).updated(9, 64);
    const resumed = klControllerFrom(JSON.parse(JSON.stringify(running.state)) as KlControllerState);
    expect(resumed.updated(7, 64).state).toEqual(running.updated(7, 64).state);
    expect(resumed.updated(7, 64).coef).not.toBe(running.coef);
  });

  it.each([
    [{ target: 0 }, 'The KL target is 0'],
    [{ target: -1 }, 'The KL target is -1'],
    [{ horizon: 0 }, 'The KL horizon is 0'],
    [{ horizon: NaN }, 'The KL horizon is NaN'],
    [{ initial: -0.1 }, 'The KL coefficient is -0.1'],
  ])('refuses %p', (wrong, message) => {
    expect(() => adaptiveKlController({ ...options, ...wrong })).toThrow(message);
  });

  it('refuses a measurement that is not a number', () => {
    expect(() => adaptiveKlController(options).updated(NaN, 10)).toThrow('The measured KL is NaN');
    expect(() => adaptiveKlController(options).updated(1, -1)).toThrow('number of samples is -1');
  });
});

describe('fixedKlController', () => {
  it('keeps its coefficient and restores from its state', () => {
    const controller = fixedKlController(0.05);
    expect(controller.updated(100, 100).coef).toBe(0.05);
    expect(klControllerFrom(controller.state).coef).toBe(0.05);
  });
});
