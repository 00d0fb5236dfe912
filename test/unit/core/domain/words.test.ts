import { wordSpans } from '../../../../core/domain/words.js';

const texts = (text: string, locale: string, segmentation?: 'dictionary'): string[] =>
  wordSpans(text, segmentation === undefined ? { locale } : { locale, segmentation }).map(
    (word) => word.text,
  );

describe('wordSpans', () => {
  it('cuts at spaces and punctuation, and keeps marks and digits with their letters', () => {
    expect(texts('أهلاً، يا صديقي! 2024', 'ar')).toEqual(['أهلاً', 'يا', 'صديقي', '2024']);
  });

  it('leaves a text without spaces whole where no word list is asked for', () => {
    expect(texts('京都に行く。', 'ja')).toEqual(['京都に行く']);
  });

  it.each([
    ['ja', '京都に行く。東京は広い。', ['京都', '東京']],
    ['th', 'กรุงเทพมหานครอยู่ในประเทศไทย', ['ประเทศไทย']],
  ])('tells the words of %s apart by a word list', (locale, text, words) => {
    const found = texts(text, locale, 'dictionary');
    expect(found.length).toBeGreaterThan(2);
    expect(found.join('')).toBe(text.replaceAll('。', ''));
    expect(found).toEqual(expect.arrayContaining(words));
  });

  it('cuts a hundred thousand characters without a stop in seconds and in little memory', () => {
    const before = process.memoryUsage().heapUsed;
    const words = texts('漢字'.repeat(50_000), 'ja', 'dictionary');
    expect(words.join('')).toHaveLength(100_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(500e6);
  });

  it('cuts a text by each list that is asked for, however often and in whatever order', () => {
    const text = '京都に行く';
    const asked = ['ja', undefined, 'ja', undefined].map((list) =>
      texts(text, 'ja', list === undefined ? undefined : 'dictionary').join('|'),
    );
    expect(asked).toEqual([asked[0], text, asked[0], text]);
    expect(asked[0]).not.toBe(text);
    for (let other = 0; other < 20; other += 1) texts(`other ${other}`, 'en');
    expect(texts(text, 'ja')).toEqual([text]);
  });

  it('says where each word begins', () => {
    const text = '昨日、京都に行く。';
    const spans = wordSpans(text, { locale: 'ja', segmentation: 'dictionary' });
    expect(spans.map(({ text: word, start }) => text.slice(start, start + word.length))).toEqual(
      spans.map((span) => span.text),
    );
    expect(spans.find((span) => span.text === '京都')?.start).toBe(3);
  });
});
