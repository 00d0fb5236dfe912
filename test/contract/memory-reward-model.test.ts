import { createMemoryRewardModel } from '../../reward/model/memory-reward-model.js';
import type { RewardModel } from '../../reward/model/reward-model.js';
import { promptOf } from '../support/reward-fixtures.js';
import { arabic } from '../support/small-locales.js';
import { describeRewardModel } from './reward-model.contract.js';

const WORTH: Readonly<Record<string, readonly [mean: number, variance: number]>> = {
  a: [1, 0],
  b: [-2, 0.5],
  c: [0.25, 0],
  d: [7, 3],
};

function modelNamed(hash: string): RewardModel {
  return createMemoryRewardModel({
    ...{ hash, rubricHash: 'rubric' },
    outcome: ({ answer }) => {
      if (!Object.hasOwn(WORTH, answer)) return { kind: 'abstained', reason: 'not in the table' };
      const [mean, variance] = WORTH[answer];
      return { kind: 'scored', score: { mean, variance } };
    },
  });
}

describeRewardModel('the memory model', async () => {
  const prompt = promptOf(arabic, 'أين أسافر؟');
  return {
    model: modelNamed('model'),
    other: modelNamed('other'),
    answers: Object.keys(WORTH).map((answer) => ({ prompt, answer })),
    hasDoubt: true,
    rounding: 0,
    unscorable: { answer: { prompt, answer: 'z' }, kind: 'abstained' },
    close: async () => undefined,
  };
});
