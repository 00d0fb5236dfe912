import { answerInQuery } from '../../../../reward/http/answer-in-query.js';

describe('the answer in a query', () => {
  it('is what follows the prompt', () => {
    expect(answerInQuery('Who?I.', 'Who?')).toBe('I.');
    expect(answerInQuery('Who?', 'Who?')).toBe('');
    expect(answerInQuery('I.', '')).toBe('I.');
  });

  it('is found where the tokenizer dropped the space that the prompt begins with', () => {
    expect(answerInQuery('Who? I.', ' Who?')).toBe(' I.');
  });

  it('follows the longest end of a prompt that was cut', () => {
    const prompt = 'abcabcabcabcabcabcabcabc-end';
    // Also 'abcabc…-end' from later on begins a text, but less of the prompt.
    expect(answerInQuery('abcabcabcabcabcabc-endabc', prompt)).toBe('abc');
  });

  it('is the same as a search of every end finds', () => {
    let state = 1;
    const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const text = (length: number): string => Array.from({ length }, () => 'ab'[next(2)]).join('');
    for (let round = 0; round < 300; round += 1) {
      const prompt = text(40);
      const query = prompt.slice(next(40)) + text(10);
      const ends = Array.from(prompt, (_, at) => prompt.slice(at)).find((end) => query.startsWith(end));
      const expected = ends === undefined || ends.length < 16 ? undefined : query.slice(ends.length);
      expect(answerInQuery(query, prompt)).toBe(expected);
    }
  });

  it('is not found where hardly anything of the prompt is left', () => {
    expect(answerInQuery('was it? I.', 'Once upon a time, who was it?')).toBeUndefined();
    expect(answerInQuery('', 'Who?')).toBeUndefined();
  });

  it('is looked for in linear time, whatever the texts', () => {
    const prompt = 'a'.repeat(500_000);
    expect(answerInQuery(`${'a'.repeat(250_000)}b`, `${prompt}c`)).toBeUndefined();
  });
});
