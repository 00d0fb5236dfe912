import { SPECIAL_TOKENS } from '../../../../../core/network/tokenizer/chat-template.js';
import {
  renderAnswer,
  renderPrompt,
  tokenizePrompt,
} from '../../../../../core/network/tokenizer/render-prompt.js';
import { trainTokenizer } from '../../../../../core/network/tokenizer/train-tokenizer.js';

const tokenizer = trainTokenizer([], { vocabSize: 259, specialTokens: SPECIAL_TOKENS });
const prompt = (text: string) => ({ id: 'p1', locale: 'ko-KR', text });

it('renders a prompt as user token, text, assistant token', () => {
  expect(tokenizer.decode(renderPrompt(tokenizer, 'hi'))).toBe('<|user|>hi<|assistant|>');
  expect(renderPrompt(tokenizer, 'hi')).toHaveLength(4);
});

it('ends a rendered answer with the end token', () => {
  expect(tokenizer.decode(renderAnswer(tokenizer, 'hi'))).toBe('hi<|endoftext|>');
});

it('keeps a prompt that fits as it is', () => {
  expect(tokenizePrompt(tokenizer, prompt('abcd'), 6)).toEqual({
    prompt: prompt('abcd'),
    tokenIds: renderPrompt(tokenizer, 'abcd'),
    tokenizerHash: tokenizer.hash,
    truncated: false,
  });
});

it('cuts a longer prompt at its end and marks it', () => {
  const cut = tokenizePrompt(tokenizer, prompt('abcde'), 6);
  expect(tokenizer.decode(cut.tokenIds)).toBe('<|user|>abcd<|assistant|>');
  expect(cut.truncated).toBe(true);
});

it('cuts between characters', () => {
  const cut = tokenizePrompt(tokenizer, prompt('가나다'), 2 + 5);
  expect(tokenizer.decode(cut.tokenIds)).toBe('<|user|>가<|assistant|>');
});

it('refuses a limit that leaves no room for text', () => {
  expect(() => tokenizePrompt(tokenizer, prompt('a'), 2)).toThrow(
    'prompt p1: found room for 2 prompt tokens',
  );
});
