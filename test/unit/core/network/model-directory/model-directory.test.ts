import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { initialWeights } from '../../../../../core/network/gpt/gpt-parameters.js';
import {
  readModelDirectory,
  readTokenizer,
} from '../../../../../core/network/model-directory/read-model-directory.js';
import { writeModelDirectory } from '../../../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../../../core/network/tokenizer/train-tokenizer.js';
import { sha256 } from '../../../../../core/runtime/content-hash.js';

const config = { vocabSize: 259, contextLength: 16, layers: 1, width: 8, heads: 2 };
const tokenizer = trainTokenizer([], { vocabSize: 259, specialTokens: SPECIAL_TOKENS });
const weights = initialWeights(config, 1);

let folder: string;
let directory: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'majlis-model-'));
  directory = join(folder, 'policies', 'v0');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function edit(name: string, change: (file: Record<string, unknown>) => void): void {
  const path = join(directory, name);
  const file = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(file);
  writeFileSync(path, JSON.stringify(file));
}

it('reads the configuration, weights and tokenizer that it wrote', async () => {
  const written = await writeModelDirectory({ directory, config, weights, tokenizer });
  const read = await readModelDirectory(directory);
  expect(read).toEqual({ config, weights, scoreHeads: 0, sha256: written.sha256 });
  expect((await readTokenizer(directory)).hash).toBe(tokenizer.hash);
});

it('reports the hash of the weights file and the bytes of all files', async () => {
  const written = await writeModelDirectory({ directory, config, weights, tokenizer });
  const files = readdirSync(directory).map((name) => readFileSync(join(directory, name)));
  expect(written.sha256).toBe(sha256(readFileSync(join(directory, 'model.safetensors'))));
  expect(written.bytes).toBe(files.reduce((sum, file) => sum + file.length, 0));
});

it('takes the tokenizer of another directory', async () => {
  await writeModelDirectory({ directory, config, weights, tokenizer });
  const next = join(folder, 'policies', 'v1');
  await writeModelDirectory({ directory: next, config, weights, tokenizerFrom: directory });
  expect((await readTokenizer(next)).hash).toBe(tokenizer.hash);
});

it('writes and reads a scoring model', async () => {
  const scoring = initialWeights(config, 1, 3);
  await writeModelDirectory({ directory, config, weights: scoring });
  expect(await readModelDirectory(directory)).toMatchObject({ scoreHeads: 3, weights: scoring });
});

it('leaves nothing else beside the directory', async () => {
  await writeModelDirectory({ directory, config, weights });
  expect(readdirSync(join(folder, 'policies'))).toEqual(['v0']);
});

it('leaves nothing at all when a parameter is missing', async () => {
  const broken = new Map(weights);
  broken.delete('lm_head.weight');
  const writing = writeModelDirectory({ directory, config, weights: broken });
  await expect(writing).rejects.toThrow('Parameter lm_head.weight has 0 values instead of 2072.');
  expect(readdirSync(folder)).toEqual([]);
});

it('lets the same weights be written again, and no others', async () => {
  const first = await writeModelDirectory({ directory, config, weights });
  expect(await writeModelDirectory({ directory, config, weights })).toEqual(first);
  const other = writeModelDirectory({ directory, config, weights: initialWeights(config, 2) });
  await expect(other).rejects.toMatchObject({ code: 'already_exists' });
  expect((await readModelDirectory(directory)).sha256).toBe(first.sha256);
  expect(readdirSync(join(folder, 'policies'))).toEqual(['v0']);
});

it('says which file is missing', async () => {
  await expect(readModelDirectory(directory)).rejects.toMatchObject({
    code: 'not_found',
    message: `${join(directory, 'config.json')} cannot be read.`,
  });
});

it('calls cut weights data loss', async () => {
  await writeModelDirectory({ directory, config, weights });
  truncateSync(join(directory, 'model.safetensors'), 5000);
  await expect(readModelDirectory(directory)).rejects.toMatchObject({ code: 'data_loss' });
});

it.each<[string, (file: Record<string, unknown>) => void, string]>([
  ['another architecture', (file) => (file['model_type'] = 'llama'), 'at model_type: found "llama"'],
  ['tied embeddings', (file) => (file['tie_word_embeddings'] = true), 'at tie_word_embeddings: found true'],
  [
    'another activation',
    (file) => (file['activation_function'] = 'relu'),
    'at activation_function: found "relu"',
  ],
  [
    'heads that do not divide the width',
    (file) => (file['n_head'] = 3),
    'at n_head: found 3 heads for a width of 8',
  ],
  [
    'weights of another shape',
    (file) => (file['n_positions'] = 32),
    'transformer.wpe.weight: found shape [16, 8]',
  ],
  ['missing layers', (file) => (file['n_layer'] = 2), 'transformer.h.1.ln_1.weight: found nothing'],
])('refuses %s', async (_name, change, message) => {
  await writeModelDirectory({ directory, config, weights });
  edit('config.json', change);
  await expect(readModelDirectory(directory)).rejects.toThrow(message);
  await expect(readModelDirectory(directory)).rejects.toMatchObject({ code: 'invalid_argument' });
});

it('refuses a chat template that it does not render', async () => {
  await writeModelDirectory({ directory, config, weights, tokenizer });
  edit('tokenizer_config.json', (file) => (file['chat_template'] = '{{ messages }}'));
  await expect(readTokenizer(directory)).rejects.toThrow('at chat_template: found another template');
});

it('finds the chat template in a file of its own, where transformers puts it', async () => {
  await writeModelDirectory({ directory, config, weights, tokenizer });
  edit('tokenizer_config.json', (file) => {
    writeFileSync(join(directory, 'chat_template.jinja'), String(file['chat_template']));
    delete file['chat_template'];
  });
  expect((await readTokenizer(directory)).hash).toBe(tokenizer.hash);
});
