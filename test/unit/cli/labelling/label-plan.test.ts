import { labelPlan, type Showing } from '../../../../cli/labelling/label-plan.js';

const ids = Array.from({ length: 50 }, (_, at) => `p${at}`);
const options = { seed: 1, rubric: 'ar-msa', annotator: 'Amal' };

function showingsOf(plan: readonly Showing[], pair: string): { at: number; shown: string }[] {
  return plan.flatMap((showing, at) => (showing.pair === pair ? [{ at, shown: showing.shown }] : []));
}

describe('a label plan', () => {
  it('is the same again for the same seed, rubric and name, whatever the order of the file', () => {
    expect(labelPlan([...ids].reverse(), options)).toEqual(labelPlan(ids, options));
  });

  it.each([
    ['seed', { seed: 2 }],
    ['rubric', { rubric: 'ar-egyptian' }],
    ['annotator', { annotator: 'Bassem' }],
  ])('is another for another %s', (_, changes) => {
    expect(labelPlan(ids, { ...options, ...changes })).not.toEqual(labelPlan(ids, options));
  });

  it('shows every pair, and one in five again in the other order, well after', () => {
    const plan = labelPlan(ids, options);
    expect(plan).toHaveLength(60);
    expect(new Set(plan.map(({ pair }) => pair))).toEqual(new Set(ids));
    const twice = ids.map((id) => showingsOf(plan, id)).filter(({ length }) => length === 2);
    expect(twice).toHaveLength(10);
    for (const [early, late] of twice) {
      expect(early.shown).not.toBe(late.shown);
      expect(late.at - early.at).toBeGreaterThanOrEqual(25);
    }
  });

  it('shows either answer first about as often', () => {
    const many = Array.from({ length: 1000 }, (_, at) => `p${at}`);
    const once = labelPlan(many, options).filter(({ shown }) => shown === 'first_shown_first').length;
    // 1200 showings, 400 of them fixed to be half and half; five standard deviations of the other 800 are 71.
    expect(Math.abs(once - 600)).toBeLessThan(71);
  });

  it('shows a single pair once', () => {
    expect(labelPlan(['p'], options)).toHaveLength(1);
  });
});
