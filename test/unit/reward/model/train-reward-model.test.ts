import type { Rng } from '../../../../core/math/rng.js';
import { createRng } from '../../../../core/math/rng.js';
import type { EncodedPair } from '../../../../reward/model/encoded-pair.js';
import { lengthBaseline, lengthOffsets } from '../../../../reward/model/length-nuisance.js';
import { bootstrapPairs, minibatches, packPairs, plainPairs } from '../../../../reward/model/pair-batches.js';
import { rewardModelHash } from '../../../../reward/model/reward-model-hash.js';
import { splitByPrompt } from '../../../../reward/model/split-by-prompt.js';
import { trainRewardModel } from '../../../../reward/model/train-reward-model.js';
import { LinearRewardTrainer } from '../../../support/linear-reward-trainer.js';

const GOOD = 7;
const settings = { heads: 3, steps: 60, pairsPerStep: 16, learningRate: 1 };
const call = { run: 'r', epoch: 1 };

function answer(tokenIds: readonly number[]): EncodedPair['first'] {
  return { tokenIds: [1, ...tokenIds], answerLength: tokenIds.length };
}
function encoded(
  promptId: string,
  first: readonly number[],
  second: readonly number[],
  label = 1,
): EncodedPair {
  return { promptId, first: answer(first), second: answer(second), probabilityFirst: label, weight: 0.5 };
}

/** Pairs in which the answer with token 7 is better and length means nothing. */
function goodTokenPairs(rng: Rng, prompts: number): EncodedPair[] {
  const filler = (): number[] => Array.from({ length: 2 + rng.integer(6) }, () => 10 + rng.integer(40));
  return Array.from({ length: prompts }, (_, at) => {
    const [better, worse] = [[GOOD, ...filler()], filler()];
    return rng.integer(2) === 0
      ? encoded(`p${at}`, better, worse, 0.9)
      : encoded(`p${at}`, worse, better, 0.1);
  });
}

describe('trainRewardModel', () => {
  const train = async (
    pairs: EncodedPair[],
    trainer = new LinearRewardTrainer(),
  ): ReturnType<typeof trainRewardModel> =>
    trainRewardModel({
      trainer,
      call,
      base: '/sft',
      pairs: splitByPrompt(pairs, 0.25, createRng(2)),
      settings,
      rng: createRng(3),
    });

  it('learns what the labels reward and beats length on prompts it never saw', async () => {
    const trainer = new LinearRewardTrainer();
    const { model, evaluation } = await train(goodTokenPairs(createRng(1), 200), trainer);
    expect(evaluation.pairs).toBe(50);
    expect(evaluation.accuracy).toBeGreaterThan(0.95);
    expect(evaluation.lengthBaseline).toBeLessThan(0.75);
    expect(trainer.spec).toMatchObject({ role: 'reward', base: '/sft', heads: 3 });
    expect(model.call).toEqual({ ...call, expectedVersion: 60 });
  });

  it('takes exactly the steps it was told, at a falling rate, with centring', async () => {
    const trainer = new LinearRewardTrainer();
    await train(goodTokenPairs(createRng(1), 40), trainer);
    expect(trainer.steps).toHaveLength(60);
    expect(trainer.steps.map(({ step }) => step)).toEqual(Array.from({ length: 60 }, (_, step) => step));
    expect(trainer.steps[30].learningRate).toBeCloseTo(0.5, 12);
    expect(trainer.losses[0].loss).toMatchObject({ type: 'bradley_terry', config: { centring: 0.01 } });
  });

  it('gives the same model again for the same seed', async () => {
    const [one, two] = [new LinearRewardTrainer(), new LinearRewardTrainer()];
    await train(goodTokenPairs(createRng(1), 40), one);
    await train(goodTokenPairs(createRng(1), 40), two);
    expect(two.weights).toEqual(one.weights);
    expect(one.weights.some((weight) => weight !== 0)).toBe(true);
  });

  it('learns nothing that holds elsewhere from shuffled labels', async () => {
    const pairs = goodTokenPairs(createRng(1), 400);
    const labels = createRng(8).shuffle(pairs.map(({ probabilityFirst }) => probabilityFirst));
    const { evaluation } = await train(pairs.map((pair, at) => ({ ...pair, probabilityFirst: labels[at] })));
    // 100 fair coins: within three and a half standard deviations of one half.
    expect(Math.abs((evaluation.accuracy ?? NaN) - 0.5)).toBeLessThan(0.175);
  });

  it('refuses to train on nothing', async () => {
    await expect(train([])).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('has no accuracy where no pair was held out', async () => {
    const trainer = new LinearRewardTrainer();
    const pairs = { training: goodTokenPairs(createRng(1), 8), heldOut: [] };
    const { evaluation } = await trainRewardModel({
      trainer,
      call,
      base: 'b',
      pairs,
      settings,
      rng: createRng(1),
    });
    expect(evaluation).toEqual({ pairs: 0 });
  });
});

describe('splitByPrompt', () => {
  it('keeps all pairs of a prompt on one side', () => {
    const pairs = Array.from({ length: 60 }, (_, at) => encoded(`p${at % 20}`, [at], [at + 1]));
    const { training, heldOut } = splitByPrompt(pairs, 0.2, createRng(1));
    const trained = new Set(training.map(({ promptId }) => promptId));
    expect(heldOut).toHaveLength(12);
    expect(training).toHaveLength(48);
    expect(heldOut.some(({ promptId }) => trained.has(promptId))).toBe(false);
  });
});

describe('the length nuisance', () => {
  const longerWins = Array.from({ length: 100 }, (_, at) =>
    encoded(
      `p${at}`,
      Array.from({ length: 2 + (at % 5) }, () => 9),
      [9],
      at % 10 === 0 ? 0 : 1,
    ),
  );

  it('explains by length what goes with length', () => {
    const offsets = lengthOffsets(longerWins);
    expect(Math.min(...offsets)).toBeGreaterThan(0);
    expect(offsets[4]).toBeGreaterThan(offsets[0]);
  });

  it('explains nothing where lengths are equal', () => {
    expect([...lengthOffsets([encoded('p', [1, 2], [3, 4])])]).toEqual([0]);
  });

  it('scores a judge of length in the direction of the training pairs', () => {
    expect(
      lengthBaseline(longerWins, [encoded('q', [1, 2, 3], [1], 0.8), encoded('r', [1], [1, 2], 0.8)]),
    ).toBe(0.5);
    const shorterWins = longerWins.map((pair) => ({ ...pair, probabilityFirst: 1 - pair.probabilityFirst }));
    expect(lengthBaseline(shorterWins, [encoded('q', [1, 2, 3], [1], 0.2)])).toBe(1);
    expect(lengthBaseline(longerWins, [encoded('q', [1], [1], 0.5)])).toBeUndefined();
  });
});

describe('minibatches of pairs', () => {
  const pairs = Array.from({ length: 12 }, (_, at) =>
    encoded(`p${Math.floor(at / 3)}`, [at], [20 + (at % 3)]),
  );
  const offsets = Float32Array.from(pairs, (_, at) => at / 10);

  it('keep the pairs of a prompt together and pass over all prompts before any again', () => {
    const batches = minibatches(plainPairs(pairs, offsets), 6, createRng(1));
    const passed = [batches.next().value, batches.next().value].flat();
    expect(passed).toHaveLength(12);
    expect(new Set(passed.map(({ pair }) => pair))).toEqual(new Set(pairs));
  });

  it('pack an answer that stands in several pairs once', () => {
    const shared = [encoded('p', [1, 2], [3]), encoded('p', [1, 2], [4, 5, 6]), encoded('p', [3], [4, 5, 6])];
    const { batch, normalizer } = packPairs(plainPairs(shared, Float32Array.of(0.1, 0.2, 0.3)));
    expect([...batch.offsets]).toEqual([0, 3, 5, 9]);
    expect([...batch.tokenIds]).toEqual([1, 1, 2, 1, 3, 1, 4, 5, 6]);
    expect([...batch.first]).toEqual([0, 0, 1]);
    expect([...batch.second]).toEqual([1, 2, 2]);
    expect([...(batch.logitOffsets ?? [])]).toEqual([...Float32Array.of(0.1, 0.2, 0.3)]);
    expect(normalizer).toBe(1.5);
  });

  it('draw prompts with replacement for each head', () => {
    const many = Array.from({ length: 500 }, (_, at) => encoded(`p${at}`, [1], [2]));
    const sampled = bootstrapPairs(many, new Float32Array(500), { heads: 2, rng: createRng(4) });
    for (const head of [0, 1]) {
      const counts = sampled.map(({ headWeights }) => headWeights[head] / 0.5);
      expect(counts.reduce((sum, count) => sum + count)).toBe(500);
      // A bootstrap leaves out a share of 1/e; 500 prompts, within four standard deviations of about 9.6.
      const left = 500 - counts.filter((count) => count > 0).length;
      expect(Math.abs(left - 500 / Math.E)).toBeLessThan(40);
    }
    expect(sampled.every(({ headWeights }) => headWeights[0] + headWeights[1] > 0)).toBe(true);
    expect(sampled.some(({ headWeights }) => headWeights[0] !== headWeights[1])).toBe(true);
  });
});

describe('rewardModelHash', () => {
  const identity = { preferencesHash: 'p', rubricHash: 'r', seed: 1, baseHash: 'b', settings };
  it.each([
    ['preferences', { ...identity, preferencesHash: 'q' }],
    ['rubric', { ...identity, rubricHash: 's' }],
    ['seed', { ...identity, seed: 2 }],
    ['base', { ...identity, baseHash: 'c' }],
    ['settings', { ...identity, settings: { ...settings, steps: 61 } }],
    ['adapters', { ...identity, lora: { rank: 4, alpha: 8, targetModules: ['all-linear'] } }],
  ])('changes with the %s', (_case, other) => {
    expect(rewardModelHash(other)).not.toBe(rewardModelHash(identity));
    expect(rewardModelHash({ ...identity })).toBe(rewardModelHash(identity));
  });
});
