import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import type { GeneratedSequence } from '../../../core/engine/engine.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../../core/tokens/embedded-chat-tokenizer.js';
import { awkwardTexts, corpus } from '../../fixtures/tokenizer/corpus.js';
import { describeWithPython, runPython } from '../../support/python.js';

interface Answers {
  readonly modelClass: string;
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly string[];
  readonly tied: boolean;
  readonly endTokenIds: readonly number[];
  readonly chatIds: readonly (readonly number[])[];
  readonly logProbs: readonly (readonly number[])[];
}

describeWithPython('transformers', () => {
  const tokenizer = trainTokenizer(corpus, { vocabSize: 320, specialTokens: SPECIAL_TOKENS });
  const config = { vocabSize: 320, contextLength: 64, layers: 2, width: 48, heads: 4 };
  const texts = [...corpus, ...awkwardTexts];
  const chat = new EmbeddedChatTokenizer(tokenizer);
  const rendered = (text: string): number[] => chat.renderPrompt([{ role: 'user', content: text }]);
  const prompt = rendered('안녕하세요');
  const temperature = 0.8;
  const folder = mkdtempSync(join(tmpdir(), 'majlis-hugging-face-'));
  let answers: Answers;
  let generated: readonly GeneratedSequence[];

  beforeAll(async () => {
    const location = join(folder, 'model');
    const weights = initialWeights(config, 3);
    // Far enough from 0 for a wrong layout of any matrix or bias to show.
    let at = 0;
    for (const [name, values] of weights) {
      const scale = name.includes('.ln_') ? 1 : 8;
      values.forEach((value, index) => (values[index] = value * scale + 0.1 * Math.sin((at += 1))));
    }
    const { sha256 } = await writeModelDirectory({ directory: location, config, weights, tokenizer });
    const engine = await EmbeddedEngine.open();
    try {
      await engine.load({ version: 0, hash: sha256, location });
      const sampling = { maxNewTokens: 30, temperature, stopTokenIds: [0] };
      generated = await engine.generate({
        policyHash: sha256,
        promptTokenIds: prompt,
        samples: 6,
        seed: 4,
        sampling,
      });
    } finally {
      await engine.close();
    }
    const sequences = generated.map(({ tokenIds }) => [...prompt, ...tokenIds]);
    const asked = JSON.stringify({ texts, sequences, temperature });
    answers = JSON.parse(runPython(join(__dirname, 'model-oracle.py'), [location], asked)) as Answers;
  }, 120_000);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('opens the directory as GPT-2, with every key and no other', () => {
    expect(answers).toMatchObject({
      modelClass: 'GPT2LMHeadModel',
      missing: [],
      unexpected: [],
      mismatched: [],
      tied: false,
      endTokenIds: [0, 0, 0],
    });
  });

  it('renders prompts to the same ids', () => {
    expect(answers.chatIds).toEqual(texts.map(rendered));
  });

  it('gives the log-probabilities that the engine reported', () => {
    const apart = generated.flatMap(({ logProbs }, sample) =>
      logProbs.map((logProb, at) => Math.abs(logProb - answers.logProbs[sample][prompt.length - 1 + at])),
    );
    expect(apart.length).toBeGreaterThan(60);
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  });
});
