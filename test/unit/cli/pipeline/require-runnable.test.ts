import { requireRunnable } from '../../../../cli/pipeline/require-runnable.js';
import { runConfigSchema } from '../../../../core/config/run-config.js';
import type { TrainerCapabilities } from '../../../../core/trainer/trainer.js';
import { FakeEngine } from '../../../support/fake-engine.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

const DATA = Object.fromEntries(
  ['corpus', 'heldOutCorpus', 'prompts', 'heldOutPrompts', 'goldPairs', 'controlPairs', 'controlGold'].map(
    (name) => [name, `${name}.jsonl`],
  ),
);

const ENGINE = Object.assign(new FakeEngine(new Map()), { contextLength: 512 });

describe('requireRunnable', () => {
  let whole: TrainerCapabilities;

  beforeAll(async () => {
    const fake = await new FakeTrainer({ vocabSize: 4, published: new Map() }).capabilities();
    whole = {
      ...fake,
      roles: ['policy', 'critic', 'reference', 'reward'],
      losses: ['cross_entropy', 'ppo', 'value', 'bradley_terry', 'dpo'],
      contextLength: 512,
      adapters: ['lora'],
    };
  });

  const check = (run: object, change: Partial<TrainerCapabilities> = {}): void => {
    const config = runConfigSchema.parse({ name: 'r', locale: 'ar', rubric: 'ar-msa', data: DATA, ...run });
    requireRunnable(config, ['rubricA'], { trainer: { ...whole, ...change }, engine: ENGINE });
  };

  it('lets a run pass whose trainer and engine have all', () => {
    expect(() => check({ model: { directory: 'm', contextLength: 512, lora: {} } })).not.toThrow();
  });

  it.each<[string, object, Partial<TrainerCapabilities>, string]>([
    [
      'SFT',
      {},
      { losses: ['ppo', 'bradley_terry'] },
      'supervised fine-tuning (supervised.steps) needs what the trainer fake does not have: loss cross_entropy',
    ],
    ['reward models', {}, { roles: ['policy'] }, 'role reward'],
    [
      'adapters',
      { model: { directory: 'm', lora: {} } },
      { contextLength: 2048, adapters: [] },
      'the run’s model needs what the trainer fake does not have: adapters (lora)',
    ],
    [
      'so long a context',
      { model: { directory: 'm' } },
      {},
      'a context of 1024 tokens, of which it has 512 (write model.contextLength: 512 or less)',
    ],
  ])('refuses a trainer without %s', (_, run, change, sentence) => {
    expect(() => check(run, change)).toThrow(sentence);
  });

  it('asks a trainer for no more than the run does', () => {
    const run = { supervised: { steps: 0 }, rewardModel: { form: 'light' } };
    expect(() => check(run, { roles: ['policy'], losses: ['ppo'], adapters: [] })).not.toThrow();
  });

  it('refuses an engine with a shorter context', () => {
    const engine = { openai: { urls: ['http://127.0.0.1:1'] } };
    expect(() => check({ engine, model: { directory: 'm' } }, { contextLength: 2048 })).toThrow(
      'model.contextLength is 1024 and the engine has 512',
    );
  });

  it('asks no context of the embedded engine, which has one once it has a policy', () => {
    const config = runConfigSchema.parse({ name: 'r', locale: 'ar', rubric: 'ar-msa', data: DATA });
    const unloaded = Object.defineProperty(new FakeEngine(new Map()), 'contextLength', {
      get: () => {
        throw new Error('no policy is loaded');
      },
    });
    expect(() => {
      requireRunnable(config, ['rubricA'], { trainer: whole, engine: unloaded });
    }).not.toThrow();
  });
});
