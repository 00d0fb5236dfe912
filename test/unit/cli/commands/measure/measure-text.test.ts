import { measureText } from '../../../../../cli/commands/measure/measure-text.js';

const estimate = (value: number, low: number, high: number) => ({ value, low, high, n: 80 });

describe('measureText', () => {
  it.each([
    [estimate(0.1, 0.02, 0.18), 'better'],
    [estimate(-0.1, -0.18, -0.02), 'worse'],
    [estimate(0.05, -0.01, 0.11), 'cannot be told from no difference on 80 questions'],
    [estimate(0, 0, 0), 'cannot be told from no difference on 80 questions'],
  ])('says of %j that it is %s', (difference, verdict) => {
    const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
    const { value, low, high } = difference;
    const shown = `${percent(value)} (${percent(low)} to ${percent(high)})`;
    expect(measureText({ run: 'r', answers: { difference } })).toBe(
      `Policies of run r, before and after, with 95% intervals over questions\nanswers   wins less a half   ${shown}: ${verdict}`,
    );
  });

  it('shows both sides of a set of choices', () => {
    const set = {
      before: estimate(0.5, 0.4, 0.6),
      after: estimate(0.7, 0.6, 0.8),
      difference: estimate(0.2, 0.1, 0.3),
    };
    expect(measureText({ run: 'r', choices: set }).split('\n').slice(1)).toEqual([
      'choices   before   50.0% (40.0% to 60.0%)',
      '          after    70.0% (60.0% to 80.0%)',
      '          change   20.0% (10.0% to 30.0%): better',
    ]);
  });
});
