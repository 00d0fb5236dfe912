import { parse } from 'yaml';
import { DEFAULT_HEALTH, healthSchema } from '../../../../core/config/health-options.js';

describe('healthSchema', () => {
  it('has every limit on unless a run file says otherwise', () => {
    expect(Object.values(DEFAULT_HEALTH)).not.toContain('off');
  });

  it('takes off as YAML writes it, and leaves the rest in force', () => {
    const health = healthSchema.parse(parse('klBudget: off\nentropyShare: off\nnonFinite: off'));
    expect(health).toEqual({ ...DEFAULT_HEALTH, klBudget: 'off', entropyShare: 'off', nonFinite: 'off' });
  });

  it.each([
    [{ klBudget: 0 }, 'klBudget'],
    [{ klTimesTarget: -1 }, 'klTimesTarget'],
    [{ entropyShare: 1.5 }, 'entropyShare'],
    [{ iterations: 0 }, 'iterations'],
    [{ iterations: 'off' }, 'iterations'],
    [{ nonFinite: false }, 'nonFinite'],
    [{ diskFreeGiB: null }, 'diskFreeGiB'],
    [{ klBudgets: 3 }, 'klBudgets'],
  ])('refuses %j', (health, place) => {
    const { error } = healthSchema.safeParse(health);
    expect(JSON.stringify(error?.issues)).toContain(place);
  });
});
