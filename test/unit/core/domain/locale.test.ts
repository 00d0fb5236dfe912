import { profileFor } from '../../../../core/domain/locale.js';
import { arabic, korean } from '../../../support/small-locales.js';

describe('profileFor', () => {
  it.each([
    ['ar', 'ar'],
    ['ar-EG', 'ar'],
    ['KO-kr', 'ko'],
  ])('serves %s by the profile %s', (locale, expected) => {
    expect(profileFor(locale, [arabic, korean])?.locale).toBe(expected);
  });

  it('prefers the profile of the region over that of the language', () => {
    const egyptian = { ...arabic, locale: 'ar-EG' };
    expect(profileFor('ar-EG', [arabic, egyptian])).toBe(egyptian);
  });

  it('has no profile for a language that nobody described, even when a prefix of its letters matches', () => {
    expect(profileFor('arz', [arabic, korean])).toBeUndefined();
  });
});
