import { CHAT_TEMPLATE } from '../../../../core/network/tokenizer/chat-template.js';
import { questionIn, withoutEndTokens } from '../../../../reward/http/chat-markup.js';

describe('the question in a rendered prompt', () => {
  it.each([
    [
      'ChatML',
      '<|im_start|>user\nfirst<|im_end|>\n<|im_start|>assistant\nyes<|im_end|>\n',
      '<|im_start|>user\n',
      '<|im_end|>',
    ],
    ['Llama 3', '<|begin_of_text|>', '<|start_header_id|>user<|end_header_id|>\n\n', '<|eot_id|>'],
    ['Gemma', '<bos>', '<start_of_turn>user\n', '<end_of_turn>\n<start_of_turn>model\n'],
    ['Phi', '<|system|>\nBe kind.<|end|>\n', '<|user|>\n', '<|end|>\n<|assistant|>\n'],
    ['Majlis', '', '<|user|>', '<|assistant|>'],
    ['Mistral', '<s>', '[INST] ', ' [/INST]'],
    ['DeepSeek', '', '<｜User｜>', '<｜Assistant｜>'],
    ['Cohere', '<BOS_TOKEN>', '<|START_OF_TURN_TOKEN|><|USER_TOKEN|>', '<|END_OF_TURN_TOKEN|>'],
  ])('is the last turn of the user in the template of %s', (_family, before, opens, closes) => {
    const question = 'What does `f <| x` mean?\nAnd why?';
    expect(questionIn(`${before}${opens}${question}${closes}`)).toBe(question);
    expect(questionIn(`${before}${opens}${question}`)).toBe(question);
  });

  it('is known in the template that Majlis saves with its own models', () => {
    expect(CHAT_TEMPLATE).toContain("'<|user|>' + message['content']");
    expect(CHAT_TEMPLATE).toContain("{{ '<|assistant|>' }}");
  });

  it('is all of a prompt without a template that is known', () => {
    expect(questionIn(' Question: who?\nAnswer: ')).toBe(' Question: who?\nAnswer: ');
    expect(questionIn('')).toBe('');
  });
});

describe('an answer', () => {
  it('has no tokens at its end that end it', () => {
    expect(withoutEndTokens('It was I.<|im_end|>\n')).toBe('It was I.');
    expect(withoutEndTokens('It was I.</s><pad><pad> <pad>')).toBe('It was I.');
    expect(withoutEndTokens('<|endoftext|>')).toBe('');
  });

  it('keeps them within, and its own spaces', () => {
    expect(withoutEndTokens(' </s> is a token \n')).toBe(' </s> is a token \n');
  });
});
