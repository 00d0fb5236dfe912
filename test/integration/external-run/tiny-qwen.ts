import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { writeTinyQwen3 } from '../torch-trainer/qwen3-directory.js';

const MARKS = ['<|im_start|>', '<|im_end|>'];
const CHAT_TEMPLATE = `{% for message in messages %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}`;

/** A random instruction model as people download one: a Qwen3 with a tokenizer of a corpus and the chat template of its kind. */
export async function writeTinyInstructionModel(directory: string, corpus: string): Promise<void> {
  const lines = readFileSync(corpus, 'utf8').split('\n').slice(0, 400).filter(Boolean);
  const texts = lines.flatMap((line) => {
    const { prompt, answer } = JSON.parse(line) as { prompt: string; answer: string };
    return [prompt, answer];
  });
  const tokenizer = trainTokenizer(texts, { vocabSize: 400, specialTokens: MARKS });
  await writeTinyQwen3(directory, tokenizer.vocabSize);
  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);
  await write('tokenizer.json', tokenizer.json);
  await write(
    'tokenizer_config.json',
    JSON.stringify({ eos_token: '<|im_end|>', tokenizer_class: 'PreTrainedTokenizerFast' }),
  );
  await write('chat_template.jinja', CHAT_TEMPLATE);
}
