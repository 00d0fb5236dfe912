import { preferenceLine } from '../../../../cli/commands/export/export-preferences.js';
import type { Preference } from '../../../../core/domain/preference.js';

function preferenceOf(probabilityFirst: number): Preference {
  const prompt = { id: 'p', locale: 'ar', text: 'سؤال' };
  return {
    pair: { id: 'pair', prompt, first: 'one', second: 'two' },
    rubricHash: 'hash',
    probabilityFirst,
    weight: 0.25,
    excludedVerdicts: 0,
  };
}

describe('preferenceLine', () => {
  it.each([
    [0.9, 'one', 'two', 0.9],
    [0.25, 'two', 'one', 0.75],
    [0.5, 'one', 'two', 0.5],
    [0, 'two', 'one', 1],
  ])('writes P(first) = %d with %s chosen', (probabilityFirst, chosen, rejected, probability) => {
    expect(preferenceLine(preferenceOf(probabilityFirst))).toEqual({
      prompt: 'سؤال',
      chosen,
      rejected,
      probability,
      weight: 0.25,
      rubric_hash: 'hash',
    });
  });
});
