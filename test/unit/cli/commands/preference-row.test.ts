import { preferenceRow } from '../../../../cli/commands/export/preference-row.js';
import type { Preference } from '../../../../core/domain/preference.js';

const STANDARD = { format: 'standard', hasMargin: false } as const;

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

describe('preferenceRow', () => {
  it.each([
    [0.9, 'one', 'two', 0.9],
    [0.25, 'two', 'one', 0.75],
    [0.5, 'one', 'two', 0.5],
    [0, 'two', 'one', 1],
  ])('writes P(first) = %d with %s chosen', (probabilityFirst, chosen, rejected, probability) => {
    expect(preferenceRow(preferenceOf(probabilityFirst), STANDARD)).toEqual({
      prompt: 'سؤال',
      chosen,
      rejected,
      probability,
      weight: 0.25,
      locale: 'ar',
      rubric_hash: 'hash',
    });
  });

  it('writes question and answers as messages, the category where there is one, and the margin where it is asked for', () => {
    const { pair, ...rest } = preferenceOf(0.25);
    const preference = { ...rest, pair: { ...pair, prompt: { ...pair.prompt, category: 'food' } } };
    expect(preferenceRow(preference, { format: 'conversational', hasMargin: true })).toEqual({
      prompt: [{ role: 'user', content: 'سؤال' }],
      chosen: [{ role: 'assistant', content: 'two' }],
      rejected: [{ role: 'assistant', content: 'one' }],
      margin: 0.5,
      probability: 0.75,
      weight: 0.25,
      locale: 'ar',
      category: 'food',
      rubric_hash: 'hash',
    });
  });
});
