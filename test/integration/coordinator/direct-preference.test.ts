import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  optimizePreferences,
  type DirectPreferenceOptions,
} from '../../../coordinator/supervised/direct-preference.js';
import type { PreferencePair } from '../../../coordinator/supervised/preference-pair.js';
import { packDemonstrations } from '../../../coordinator/supervised/supervised-fine-tuning.js';
import { sequenceSums } from '../../../coordinator/supervised/sequence-sums.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';

const call = { run: 'dpo', epoch: 1 };
const options: DirectPreferenceOptions = {
  ...{ steps: 60, pairsPerStep: 2, learningRate: 2e-2, warmupSteps: 5 },
  ...{ beta: 0.5, temperature: 1, seed: 4 },
};
const answers = { first: [40, 41, 42], second: [50, 51] };
const pair = (probabilityFirst: number, weight = 1): PreferencePair => ({
  ...{ promptTokenIds: [10, 11, 12], ...answers, probabilityFirst, weight },
});

describe('direct preference optimization on the embedded trainer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'majlis-dpo-'));
  let trainer: EmbeddedTrainer;
  let base = '';
  beforeAll(async () => {
    const tokenizer = trainTokenizer(['a b c'], { vocabSize: 300, specialTokens: SPECIAL_TOKENS });
    const config = { layers: 1, width: 16, heads: 2, vocabSize: tokenizer.vocabSize, contextLength: 32 };
    base = join(folder, 'base');
    await writeModelDirectory({ directory: base, config, weights: initialWeights(config, 3), tokenizer });
    trainer = EmbeddedTrainer.create({ threads: 1 });
  });
  afterAll(async () => {
    await trainer.close();
    rmSync(folder, { recursive: true });
  });

  /** log π(first) − log π(second), before and after, and the first and last loss. */
  async function trained(
    pairs: readonly PreferencePair[],
  ): Promise<{ readonly before: number; readonly after: number; readonly losses: readonly number[] }> {
    const policy = await trainer.createModel(call, { role: 'policy', base, heads: 0, seed: 0 });
    const reference = await trainer.createModel(call, { role: 'reference', base, heads: 0, seed: 0 });
    const lead = async (modelId: string, expectedVersion: number): Promise<number> => {
      const [{ promptTokenIds, first, second }] = pairs;
      const batch = packDemonstrations(
        [first, second].map((answerTokenIds) => ({ promptTokenIds, answerTokenIds })),
      );
      const request = { modelId, batch, want: ['log_probs'] as const };
      const { logProbs } = await trainer.forward({ ...call, expectedVersion }, request);
      const [one, other] = sequenceSums(batch, logProbs);
      return one - other;
    };
    const losses: number[] = [];
    const models = { trainer, call, policy, reference };
    const steps = await optimizePreferences(models, pairs, options, ({ loss }) => losses.push(loss));
    const result = { before: await lead(reference, 0), after: await lead(policy, steps), losses };
    await trainer.deleteModel({ ...call, expectedVersion: steps }, policy);
    await trainer.deleteModel({ ...call, expectedVersion: 0 }, reference);
    return result;
  }

  it('begins at log 2, where the policy is its reference', async () => {
    const { losses } = await trained([pair(0.8)]);
    expect(losses[0]).toBeCloseTo(Math.LN2, 5);
  });

  it('comes to where the implicit reward says what a soft label says, and stops there', async () => {
    const { before, after } = await trained([pair(0.8)]);
    expect(options.beta * (after - before)).toBeCloseTo(Math.log(0.8 / 0.2), 1);
  });

  it('moves towards the second answer where that is the better one', async () => {
    const { before, after } = await trained([pair(0.1)]);
    expect(after).toBeLessThan(before - 1);
  });

  it('takes the same steps again, bit by bit', async () => {
    const pairs = [pair(0.8), pair(0.7, 0.5), pair(0.9, 0)];
    expect((await trained(pairs)).losses).toEqual((await trained(pairs)).losses);
  });

  it('refuses pairs of which none weighs anything', async () => {
    await expect(trained([pair(0.8, 0)])).rejects.toMatchObject({ code: 'failed_precondition' });
  });
});
