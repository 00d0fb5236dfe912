import type { BatchAdvantages } from '../../../../coordinator/advantage/estimate-advantages.js';
import { estimateAdvantages } from '../../../../coordinator/advantage/estimate-advantages.js';
import { compileAlgorithm } from '../../../../coordinator/algorithm-options.js';
import type { AlgorithmChoice } from '../../../../coordinator/algorithm-options.js';
import { createRunModels } from '../../../../coordinator/models/run-models.js';
import { Updater } from '../../../../coordinator/update/updater.js';
import type { Update } from '../../../../coordinator/update/take-steps.js';
import type {
  ForwardBackwardRequest,
  ForwardBackwardResult,
  TrainerCall,
} from '../../../../core/trainer/trainer.js';
import { createRng } from '../../../../core/math/rng.js';
import { SKETCH_REWARD, sketchBatch } from '../../../support/batch-builder.js';
import type { AnswerSketch } from '../../../support/batch-builder.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';

const logProb = Math.log(1 / 8);
const groups: AnswerSketch[][] = [0, 1].map((group) =>
  [1, 2, 3].map((tokens) => ({
    old: Array.from({ length: tokens }, () => logProb),
    values: Array.from({ length: tokens }, () => 0),
    outcome: group - tokens,
  })),
);

async function updated(
  choice: AlgorithmChoice,
  held = false,
  trainer = new FakeTrainer({ vocabSize: 8, published: new Map() }),
): Promise<{ readonly trainer: FakeTrainer; readonly update: Update; readonly advantages: BatchAdvantages }> {
  const algorithm = compileAlgorithm({ promptsPerIteration: 2, groupSize: 3, ...choice });
  const models = await createRunModels(
    trainer,
    { run: 'run', epoch: 1 },
    { base: 'base', seed: 1, algorithm },
  );
  const { estimates, rewards } = sketchBatch(groups);
  const advantages = estimateAdvantages({ estimates, rewards, reward: SKETCH_REWARD, algorithm, beta: 0.1 });
  const updater = new Updater(models, algorithm, createRng(1));
  const request = { iteration: 0, estimates, advantages, beta: 0.1, holdsPolicy: held, maxNewTokens: 4 };
  const update = await updater.update(request, new AbortController().signal);
  return { trainer, update, advantages };
}

describe('Updater', () => {
  it('takes epochs times minibatches steps with each model, over the same answers', async () => {
    const { update } = await updated({ epochs: 3, minibatches: 2 });
    const answers = (steps: Update['policySteps']): readonly number[][] =>
      steps.map(({ minibatch }) => [...minibatch.sequences]);
    expect(update.policySteps).toHaveLength(6);
    expect(answers(update.criticSteps)).toEqual(answers(update.policySteps));
  });

  it('gets the same weights from one micro-batch as from many', async () => {
    const weights = async (sequencesPerMicroBatch: number): Promise<Float64Array> =>
      (await updated({ sequencesPerMicroBatch, policyLearningRate: 1 })).trainer.weightsOf('policy');
    const [whole, cut] = [await weights(64), await weights(1)];
    expect(Math.hypot(...whole)).toBeGreaterThan(0.01);
    for (const [at, weight] of whole.entries()) expect(cut[at]).toBeCloseTo(weight, 12);
  });

  it('takes no step with a policy that is held', async () => {
    const { trainer, update } = await updated({}, true);
    expect(update.hasMoved).toBe(false);
    expect(trainer.calls.filter((call) => call.endsWith('policy'))).toEqual(['create policy']);
    expect(update.metrics).toMatchObject({ 'policy/steps': 0, 'val/steps': 4 });
    expect(update.metrics).not.toHaveProperty('loss/policy_avg');
  });

  it('hands the optimizer each model’s own settings', async () => {
    const choice = { policyLearningRate: 0.25, criticLearningRate: 0.5, gradientClip: 3, weightDecay: 0.125 };
    const { trainer } = await updated({ ...choice, adamBetas: [0.8, 0.9], adamEps: 1e-5 });
    const shared = { weightDecay: 0.125, clip: 3, betas: [0.8, 0.9], eps: 1e-5 };
    for (const { modelId, ...settings } of trainer.optimSteps) {
      expect(settings).toMatchObject({ ...shared, learningRate: modelId.startsWith('policy') ? 0.25 : 0.5 });
    }
    expect(trainer.optimSteps).toHaveLength(8);
  });

  it('hands the trainer the clipping, and the KL where it is a loss', async () => {
    const kl = { placement: 'loss', kind: 'k3' } as const;
    const { trainer } = await updated({ epsLow: 0.1, epsHigh: 0.3, dualClip: 3, valueClip: 0.4, kl });
    const config = (type: string): unknown => {
      const loss = trainer.forwardBackwards.map((request) => request.loss).find((one) => one.type === type);
      return loss !== undefined && 'config' in loss ? loss.config : undefined;
    };
    expect(config('ppo')).toEqual({
      epsLow: 0.1,
      epsHigh: 0.3,
      dualClip: 3,
      ratio: 'token',
      entropyCoef: 0,
      kl: { kind: 'k3', coef: 0.1 },
    });
    expect(config('value')).toEqual({ clip: 0.4 });
  });

  describe('on a trainer that does not report approximateKl', () => {
    class TrainerWithoutKl extends FakeTrainer {
      override async forwardBackward(
        call: TrainerCall,
        request: ForwardBackwardRequest,
      ): Promise<ForwardBackwardResult> {
        const { loss } = await super.forwardBackward(call, request);
        return { loss, metrics: {} };
      }
    }
    const trainer = (): FakeTrainer => new TrainerWithoutKl({ vocabSize: 8, published: new Map() });

    it('refuses a KL target, by the name of the metric', async () => {
      await expect(updated({ epochs: 2, targetKl: 0.1 }, false, trainer())).rejects.toMatchObject({
        code: 'internal',
        message: expect.stringContaining('approximateKl'),
      });
    });

    it('learns as long as no KL target is set', async () => {
      const { update } = await updated({ epochs: 2, minibatches: 1 }, false, trainer());
      expect(update.policySteps).toHaveLength(2);
    });
  });

  it('stops between two steps when its signal fires', async () => {
    const trainer = new FakeTrainer({ vocabSize: 8, published: new Map() });
    const algorithm = compileAlgorithm({ promptsPerIteration: 2, groupSize: 3 });
    const models = await createRunModels(
      trainer,
      { run: 'run', epoch: 1 },
      { base: 'base', seed: 1, algorithm },
    );
    const { estimates, rewards } = sketchBatch(groups);
    const advantages = estimateAdvantages({ estimates, rewards, reward: SKETCH_REWARD, algorithm, beta: 0 });
    const request = { iteration: 0, estimates, advantages, beta: 0, holdsPolicy: false, maxNewTokens: 4 };
    const update = new Updater(models, algorithm, createRng(1)).update(request, AbortSignal.abort());
    await expect(update).rejects.toMatchObject({ name: 'AbortError' });
    expect(trainer.forwardBackwards).toEqual([]);
  });
});
