import { armsOfAlgorithms, requireBaselines } from '../../../../cli/pipeline/algorithms.js';
import type { TrainerCapabilities } from '../../../../core/trainer/trainer.js';

const capabilities: TrainerCapabilities = {
  engine: 'small',
  fingerprint: 'small',
  incarnationId: '1',
  deterministic: true,
  roles: ['policy', 'reference', 'critic', 'reward'],
  losses: ['cross_entropy', 'ppo', 'value', 'bradley_terry'],
  reductions: ['normalized_sum'],
  adamFields: ['learningRate'],
  contextLength: 256,
  adapters: [],
  device: 'cpu',
  dtype: 'float32',
  ranks: 1,
};

describe('the algorithms of a run', () => {
  it('are arms in the report’s order, each once', () => {
    expect(armsOfAlgorithms(['dpo', 'ppo', 'dpo'])).toEqual(['rubricA', 'dpo']);
  });

  it('are refused where the trainer lacks a loss, in one sentence', () => {
    expect(() => {
      requireBaselines(capabilities, ['rubricA', 'sft-chosen', 'dpo']);
    }).toThrow('dpo needs what the trainer small does not have: loss dpo');
  });

  it('are not refused for a loss that none of them needs', () => {
    requireBaselines(capabilities, ['rubricA', 'sft-chosen']);
    expect(() => {
      requireBaselines({ ...capabilities, roles: ['policy'] }, ['dpo']);
    }).toThrow('role reference, loss dpo');
  });
});
