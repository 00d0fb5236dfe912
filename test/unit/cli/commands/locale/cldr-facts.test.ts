import { cldrFacts } from '../../../../../cli/commands/locale/cldr-facts.js';

describe('cldrFacts', () => {
  // From CLDR's supplemental data: likelySubtags, calendarPreferenceData, numberingSystems, and IANA's zone.tab.
  it.each([
    {
      tag: 'ja',
      scripts: 'Hiragana Katakana Han',
      cut: 'dictionary',
      calendar: 'japanese',
      zone: 'Asia/Tokyo',
    },
    { tag: 'tr', scripts: 'Latin', calendar: 'islamic-civil', zone: 'Europe/Istanbul' },
    { tag: 'fa', scripts: 'Arabic', digits: 'arabext', calendar: 'persian', zone: 'Asia/Tehran' },
    { tag: 'th', scripts: 'Thai', cut: 'dictionary', calendar: 'buddhist', zone: 'Asia/Bangkok' },
    { tag: 'ko', scripts: 'Hangul', calendar: 'dangi', zone: 'Asia/Seoul' },
    { tag: 'am', scripts: 'Ethiopic', calendar: 'ethiopic', zone: 'Africa/Addis_Ababa' },
  ])('knows scripts, words, digits, calendar and zone of $tag', ({ tag, ...expected }) => {
    const facts = cldrFacts(tag);
    expect([facts.script, ...facts.otherScripts].join(' ')).toBe(expected.scripts);
    expect(facts.segmentation).toBe(expected.cut);
    expect(facts.digits[0]).toBe(expected.digits ?? 'latn');
    expect(facts.calendar).toBe(expected.calendar);
    expect(facts.timeZones).toEqual([expected.zone]);
  });

  it('reads the region that the tag names', () => {
    expect(cldrFacts('ar-ma')).toMatchObject({ tag: 'ar-MA', language: 'Arabic', region: 'Morocco' });
  });

  it('leaves out what CLDR does not know', () => {
    expect(cldrFacts('qqq')).toEqual({
      ...{ tag: 'qqq', language: 'qqq', otherScripts: [], digits: ['latn'] },
      ...{ calendar: 'gregory', timeZones: [] },
    });
  });

  it('refuses what is no language tag', () => {
    expect(() => cldrFacts('not a tag')).toThrow(
      'command line at locale: found "not a tag"; allowed: a BCP 47 language tag',
    );
  });
});
