import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pageMessages } from '../../../../cli/labelling/page-messages.js';
import { textDirection } from '../../../../cli/labelling/text-direction.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

const languages = readdirSync(join(packageRoot, 'cli', 'labelling', 'page', 'messages')).map((file) =>
  file.replace('.json', ''),
);

function placesOf(messages: Readonly<Record<string, string>>): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(messages).map(([key, text]) => [key, (text.match(/\{\w+\}/g) ?? []).sort()]),
  );
}

describe('pageMessages', () => {
  it.each(languages)('has every sentence in %s, with the same places to fill', async (language) => {
    const [own, english] = await Promise.all([pageMessages(language), pageMessages('en')]);
    expect(own.language).toBe(language);
    expect(placesOf(own.messages)).toEqual(placesOf(english.messages));
  });

  it('serves a region by its language, and English where a language has none', async () => {
    expect((await pageMessages('ar-EG')).language).toBe('ar');
    expect((await pageMessages('und')).language).toBe('en');
    expect((await pageMessages('tlh')).language).toBe('en');
  });
});

describe('textDirection', () => {
  it.each([
    ['ar', 'rtl'],
    ['ar-EG', 'rtl'],
    ['he', 'rtl'],
    ['fa-IR', 'rtl'],
    ['ur', 'rtl'],
    ['ko-KR', 'ltr'],
    ['ja', 'ltr'],
    ['az', 'ltr'],
    ['az-Arab', 'rtl'],
    ['ar-Latn', 'ltr'],
    ['und', 'ltr'],
  ])('of %s is %s', (locale, direction) => {
    expect(textDirection(locale)).toBe(direction);
  });
});
