import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';
import { Evaluator } from '../../../../coordinator/evaluate/evaluator.js';
import { answerOf } from '../../../../coordinator/evaluate/pack-batch.js';
import { createRunModels } from '../../../../coordinator/models/run-models.js';
import { aPrompt, aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { SKETCH_REWARD } from '../../../support/batch-builder.js';
import { expectClose } from '../../../support/expect-close.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

const policy = { version: 0, hash: 'policy-0', location: 'there' };
const task = aTask({ prompt: aPrompt('p', [1, 2, 3]), groupSize: 2 });
const result = aResult(task, [
  aTrajectory({ index: 0, tokenIds: [4, 0] }),
  aTrajectory({ index: 1, tokenIds: [5], finish: 'length' }),
]);
const rollouts = { plan: { iteration: 0, policy, reward: SKETCH_REWARD }, groups: [{ task, result }] };

async function evaluatorOn(trainer: FakeTrainer): Promise<Evaluator> {
  const spec = { base: 'base', seed: 1, algorithm: compileAlgorithm({}) };
  return new Evaluator(await createRunModels(trainer, { run: 'run', epoch: 1 }, spec));
}

describe('Evaluator', () => {
  it('packs prompt and answer together, with weight on the answer alone', async () => {
    const evaluator = await evaluatorOn(new FakeTrainer({ vocabSize: 8, published: new Map() }));
    const { packed } = await evaluator.evaluate(rollouts);
    expect([...packed.batch.tokenIds]).toEqual([1, 2, 3, 4, 0, 1, 2, 3, 5]);
    expect([...packed.batch.offsets]).toEqual([0, 5, 9]);
    expect([...packed.batch.weights]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1]);
    expect(
      packed.sequences.map(({ taskId, group, answerStart, end }) => [taskId, group, answerStart, end]),
    ).toEqual([
      ['task-0', 0, 3, 5],
      ['task-0', 0, 8, 9],
    ]);
  });

  it('asks policy and reference for log-probabilities and the critic for values', async () => {
    const trainer = new FakeTrainer({ vocabSize: 8, published: new Map() });
    const evaluator = await evaluatorOn(trainer);
    trainer.weightsOf('policy')[4] = 1;
    trainer.weightsOf('critic')[3] = 0.5;
    const { packed, oldLogProbs, referenceLogProbs, values } = await evaluator.evaluate(rollouts);
    const [first] = packed.sequences;
    const normalizer = Math.log(Math.E + 7);
    expectClose(answerOf(oldLogProbs, first), [1 - normalizer, -normalizer]);
    expectClose(answerOf(referenceLogProbs, first), [-Math.log(8), -Math.log(8)]);
    // The state before the first answer token ends with prompt token 3.
    expectClose(answerOf(values ?? new Float32Array(), first), [0.5, 0]);
  });

  it('refuses a batch without answers', async () => {
    const evaluator = await evaluatorOn(new FakeTrainer({ vocabSize: 8, published: new Map() }));
    await expect(evaluator.evaluate({ ...rollouts, groups: [] })).rejects.toMatchObject({
      code: 'internal',
      message: 'Iteration 0 has no answers to pack.',
    });
  });

  it('refuses a reply that does not cover the batch', async () => {
    const trainer = new FakeTrainer({ vocabSize: 8, published: new Map() });
    const evaluator = await evaluatorOn(trainer);
    trainer.forward = async () => ({ logProbs: new Float32Array(3), values: new Float32Array(9) });
    await expect(evaluator.evaluate(rollouts)).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringContaining('answered 3 log_probs for 9 tokens'),
    });
  });
});
