import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainTokenizer } from '../../core/network/tokenizer/train-tokenizer.js';
import { corpus } from '../fixtures/tokenizer/corpus.js';

/** Turns in the manner of ChatML, with a system turn that stands there unasked, as Qwen's template has one. */
export const CHATML_TEMPLATE = [
  "{%- if messages[0]['role'] != 'system' %}",
  "    {{- '<|im_start|>system\\nAnswer in the language of the question.<|im_end|>\\n' }}",
  '{%- endif %}',
  '{%- for message in messages %}',
  "    {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}",
  '{%- endfor %}',
  '{%- if add_generation_prompt %}',
  "    {{- '<|im_start|>assistant\\n' }}",
  '{%- endif %}',
].join('\n');

/** Turns in the manner of Gemma: the role is called model, contents are trimmed, and there is no system turn. */
export const TURNS_TEMPLATE = [
  '{{ bos_token }}',
  "{%- if messages[0]['role'] == 'system' -%}",
  "    {{ raise_exception('There is no system turn here.') }}",
  '{%- endif -%}',
  '{%- for message in messages -%}',
  "    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}",
  "    {{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}",
  '{%- endfor -%}',
  "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}",
].join('\n');

/** Files of a Hugging Face directory, by name; text as it is, anything else as JSON. */
export type DirectoryFiles = Readonly<Record<string, unknown>>;

/** A directory as instruction-tuned models of Qwen's kind come: byte-level BPE, ends named in two places. */
export function chatmlFiles(): DirectoryFiles {
  const specialTokens = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
  const { json, vocabSize } = trainTokenizer(corpus, { vocabSize: 420, specialTokens });
  return {
    'tokenizer.json': json,
    'tokenizer_config.json': { eos_token: '<|im_end|>', pad_token: '<|endoftext|>' },
    'chat_template.jinja': CHATML_TEMPLATE,
    // As in real models, the embedding has more rows than the tokenizer has ids.
    'config.json': { model_type: 'qwen3', vocab_size: vocabSize + 28, eos_token_id: 2 },
    'generation_config.json': { eos_token_id: [2, 0] },
  };
}

const ALPHABET = [...'▁abcdefghijklmnopqrstuvwxyz\n,.:?!가나다라마안녕하세요وسلاممرحب'];
const MERGES = ['م ر', 'مر ح', 'مرح ب', '안 녕', '▁ a', 'h e', 'l o', '▁ t', '▁t he'];

/** A directory as models of Gemma's kind come: spaces as ▁, and characters outside the vocabulary as their bytes. */
export function byteFallbackFiles(): DirectoryFiles {
  const special = ['<pad>', '<eos>', '<bos>', '<start_of_turn>', '<end_of_turn>'];
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const merged = MERGES.map((merge) => merge.replace(' ', ''));
  const tokens = [...new Set([...special, ...bytes, ...ALPHABET, ...merged])];
  const steps = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  return {
    'tokenizer.json': {
      version: '1.0',
      added_tokens: special.map((content, id) => ({ id, content, ...FLAGS })),
      normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Sequence', decoders: steps },
      model: {
        type: 'BPE',
        unk_token: null,
        fuse_unk: true,
        byte_fallback: true,
        vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
        merges: MERGES,
      },
    },
    'tokenizer_config.json': {
      bos_token: '<bos>',
      eos_token: { content: '<eos>' },
      chat_template: TURNS_TEMPLATE,
    },
    'config.json': { model_type: 'gemma3', text_config: { vocab_size: tokens.length } },
  };
}

const FLAGS = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };

/** Writes the files; one that is undefined is left out. */
export async function writeDirectory(directory: string, files: DirectoryFiles): Promise<string> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue;
    await writeFile(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return directory;
}
