import { join } from 'node:path';
import { loadLocale } from '../../../../../core/config/load-locale.js';
import type { LocaleProfile } from '../../../../../core/domain/locale.js';
import { packageRoot } from '../../../../../core/runtime/package-root.js';
import { readAnswer } from '../../../../../reward/judge/answer-reading.js';
import { evaluators } from '../../../../../reward/judge/evaluators/registry.js';
import { scriptsOf } from '../../../../../reward/judge/evaluators/prompt-scripts.js';
import { arabic } from '../../../../support/small-locales.js';

const shipped = (locale: string): Promise<LocaleProfile> =>
  loadLocale(join(packageRoot, 'reward', 'locales', `${locale}.yaml`));
let japanese: LocaleProfile;
let neutral: LocaleProfile;

beforeAll(async () => {
  [japanese, neutral] = await Promise.all([shipped('ja'), shipped('und')]);
});

interface Question {
  readonly profile?: LocaleProfile;
  readonly parameters?: Record<string, unknown>;
  readonly prompt?: string;
}

function score(name: string, answer: string, question: Question = {}): number {
  const { profile = japanese, parameters = {}, prompt = '週末は何をしますか。' } = question;
  const evaluator = evaluators.get(name);
  if (evaluator === undefined) throw new Error(`no evaluator ${name}`);
  const prepared = evaluator.prepare(parameters, { tag: profile.locale, profile }, { source: 'test' });
  return prepared(readAnswer({ id: 'p', locale: profile.locale, text: prompt }, answer, profile));
}

describe('script-share', () => {
  it.each([
    ['three scripts at once', '昨日はスーパーでりんごを買いました。', 1],
    ['the long vowel mark, which is of no one script', 'コーヒー', 1],
    ['English', 'I bought apples.', 0],
    ['Korean', '사과를 샀어요.', 0],
  ])('reads %s as Japanese', (_case, answer, expected) => {
    expect(score('script-share', answer)).toBe(expected);
  });

  it.each([
    ['English', 'What is rain?', 'Water that falls.', 1],
    ['English, answered in Russian', 'What is rain?', 'Вода, которая падает.', 0],
    ['Arabic', 'ما المطر؟', 'ماء ينزل من السماء', 1],
    ['Japanese in Hiragana, answered in all three scripts', 'あめってなに？', '雲からのプレゼントです。', 1],
    ['Korean, answered in Chinese', '비가 뭐예요?', '雨水', 0],
    ['figures alone', '2 + 2 = ?', 'It is 4.', 1],
  ])('without a script of its own goes by the question: %s', (_case, prompt, answer, expected) => {
    expect(score('script-share', answer, { profile: neutral, prompt })).toBe(expected);
  });

  it('does not take a foreign name in the question for its script', () => {
    expect(scriptsOf('Что такое «rain»?')).toEqual(['Cyrillic', 'Latin']);
    expect(scriptsOf('Как по-английски сказать слово «дождь» (rain)?')).toEqual(['Cyrillic']);
  });
});

describe('function-words', () => {
  it.each([
    ['Japanese', '昨日は友達と京都に行きました。', 1],
    ['Chinese', '昨天我和朋友去了京都。', 0],
  ])('tells %s by its particles', (_case, answer, expected) => {
    expect(score('function-words', answer, { parameters: { minimum: 0.1 } })).toBe(expected);
  });

  it('is a share of words, in any case of letters that the locale has', () => {
    const turkish = { ...neutral, locale: 'tr', stopWords: ['için', 've'] };
    const answer = 'İÇİN ve bir iki';
    expect(score('function-words', answer, { profile: turkish, parameters: { minimum: 1, fewest: 4 } })).toBe(
      0.5,
    );
    expect(score('function-words', 'bir iki', { profile: turkish })).toBe(1);
  });

  it('refuses a profile that lists none', () => {
    expect(() => score('function-words', 'نعم', { profile: arabic })).toThrow(
      'found no stopWords in the profile of locale ar; allowed: function-words under a profile that lists stopWords',
    );
  });
});

describe('local-digits', () => {
  const egyptian: LocaleProfile = { ...arabic, digits: ['arab'] };
  it.each([
    ['its own digits', 'السعر ٥٠ جنيها', 1],
    ['others', 'السعر 50 جنيها', 0],
    ['two of four', 'من ٥٠ إلى 60', 0.5],
    ['none', 'صباح الخير', 1],
  ])('finds %s', (_case, answer, expected) => {
    expect(score('local-digits', answer, { profile: egyptian })).toBe(expected);
  });

  it('refuses a profile that names no numbering system', () => {
    expect(() => score('local-digits', '5', { profile: arabic })).toThrow(
      'found no digits in the profile of locale ar',
    );
  });
});

describe('register', () => {
  it.each([
    ['the polite style', '京都へ行きました。楽しかったです。', 1],
    ['the plain style', '京都へ行った。楽しかった。', 0],
    ['a mix', '京都へ行きました。楽しかった。', 0.5],
    ['a question', 'お茶はいかがですか？', 1],
    ['a particle at the end', 'それは楽しいですね。', 1],
    ['a noun at the end, which tells nothing', '京都の朝。', 0.5],
  ])('reads %s', (_case, answer, expected) => {
    expect(score('register', answer, { parameters: { target: 'desumasu' } })).toBe(expected);
  });
});

describe('names in a text without spaces', () => {
  it.each([
    ['a local name before a particle', '昨日は京都に行きました。', 1],
    ['a foreign one', '昨日はパリに行きました。', 0],
    ['one with a title', '田中さんが来ました。', 1],
    ['a name that is part of another word', 'パリジャンの帽子でした。', 0.35],
  ])('finds %s', (_case, answer, expected) => {
    expect(score('local-entity', answer)).toBe(expected);
  });
});

describe('money, dates and lists in Japanese', () => {
  it.each([
    ['yen behind a number', '値段は5000円です。', 1],
    ['dollars behind a number', '値段は50ドルです。', 0],
    ['the sign of the yen', '値段は¥5000です。', 1],
    ['a dollar sign', '値段は$50です。', 0],
  ])('reads %s', (_case, answer, expected) => {
    expect(score('local-currency', answer)).toBe(expected);
  });

  it('counts eras since 1900 as the calendar names them, where a rubric asks for it', () => {
    const parameters = { foreignLocales: ['en'] };
    const answer = '令和六年のMondayです。';
    expect(score('local-calendar', answer, { parameters })).toBe(0);
    expect(score('local-calendar', answer, { parameters: { ...parameters, eras: true } })).toBe(0.5);
    expect(score('local-calendar', '月曜日です。', { parameters })).toBe(1);
  });

  it.each([
    ['sentences with commas', '朝は寒く、昼は暖かいので、上着を一枚お持ちください。', 1],
    ['words between commas', '鍋、雪、温泉、蜜柑、初夢、福袋', 0],
    ['names that the word list cuts in two', '東福寺、清水寺、銀閣寺、清水寺、東寺', 0.5],
    ['words joined by a particle', '鍋と雪と温泉と蜜柑と初夢', 0.5],
  ])('tells %s', (_case, answer, expected) => {
    expect(score('enumeration', answer, { parameters: { conjunctions: ['と'] } })).toBe(expected);
  });

  it('counts words as the word list cuts them', () => {
    const parameters = { minimum: 4, maximum: 50 };
    expect(score('length-band', '朝は寒いです。', { parameters })).toBe(1);
    expect(score('degenerate', 'はい。')).toBe(0);
    expect(score('degenerate', '週末は何をしますか。')).toBe(0);
    expect(score('repetition', '行きます。行きます。行きます。行きます。')).toBeLessThan(0.5);
  });
});
