import { join } from 'node:path';
import type { AlgorithmChoice } from '../../../coordinator/algorithm-options.js';
import { updateRecordSchema } from '../../../coordinator/update/update-record.js';
import type { UpdateRecord } from '../../../coordinator/update/update-record.js';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import type { Weights } from '../../../core/network/gpt/gpt-parameters.js';
import { readModelDirectory } from '../../../core/network/model-directory/read-model-directory.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import type { Trainer } from '../../../core/trainer/trainer.js';
import type { ScoreAnswer } from '../../support/fake-scorer.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig } from '../../support/loop-rig.js';

const MODEL = { vocabSize: 16, contextLength: 24, layers: 2, width: 32, heads: 4 };

/** Every part of the update is at work: both clips, the dual clip, decay, entropy, micro-batches, an adaptive β. */
const ALGORITHM = {
  iterations: 3,
  promptsPerIteration: 6,
  groupSize: 4,
  epochs: 2,
  minibatches: 2,
  sequencesPerMicroBatch: 5,
  policyLearningRate: 2e-3,
  criticLearningRate: 5e-3,
  // 1e-5, as is usual in PPO. Gradients that are 0 but for rounding (the keys' biases) become steps of full size with 1e-8.
  adamEps: 1e-5,
  weightDecay: 0.01,
  gradientClip: 0.5,
  gamma: 0.98,
  dualClip: 1.5,
  entropyCoef: 0.01,
  rewardClip: 2,
  missingEosPenalty: 0.5,
  criticWarmupIterations: 0,
  kl: { initial: 0.2, target: 1, horizon: 100 },
};

/** What a run left behind: in its ledger, its artifact store, and in published weights. */
export interface RecordedRun {
  readonly base: string;
  readonly iterations: readonly IterationRecord[];
  readonly records: readonly UpdateRecord[];
  /** Policy versions from 0 on. */
  readonly policies: readonly Weights[];
  /** After the last iteration. */
  readonly critic: Weights;
}

/** Plays three iterations of PPO on the embedded engine and trainer and reads back what was stored. */
export async function playAndRead(folder: string): Promise<RecordedRun> {
  const trainer = EmbeddedTrainer.create({ threads: 1 });
  const created = jest.spyOn(trainer, 'createModel');
  try {
    const { rig, base, policies } = await playOn(trainer, folder);
    const iterations = await rig.ledger.iterations(rig.run);
    const criticDirectory = join(folder, 'critic');
    const modelId = await created.mock.results[2].value;
    await trainer.publishWeights({ run: rig.run, epoch: 1 }, { modelId, directory: criticDirectory });
    return {
      base,
      iterations,
      records: await Promise.all(iterations.map(({ inputsHash }) => readRecord(rig, inputsHash))),
      policies,
      critic: await readWeights(criticDirectory),
    };
  } finally {
    await trainer.close();
  }
}

/** Plays the three iterations on the embedded engine and any trainer; `changes` make it another algorithm than PPO. */
export async function playOn(
  trainer: Trainer,
  folder: string,
  changes: AlgorithmChoice = {},
): Promise<{ readonly rig: LoopRig; readonly base: string; readonly policies: readonly Weights[] }> {
  const base = join(folder, 'base');
  await writeModelDirectory({ directory: base, config: MODEL, weights: opinionatedWeights() });
  const engine = await EmbeddedEngine.open();
  try {
    const rig = new LoopRig({
      algorithm: { ...ALGORITHM, ...changes },
      scoreAnswer,
      sampling: { maxNewTokens: 10, temperature: 0.8, stopTokenIds: [0] },
      prompts: [[1, 2], [3], [1, 4, 5, 6], [7, 8, 9], [10, 11, 12, 13, 14, 15], [2, 2, 2]],
      stack: { trainer, engines: [engine], baseModel: base, policyDirectory: join(folder, 'policies') },
    });
    await rig.play();
    const versions = await rig.ledger.policyVersions(rig.run);
    return { rig, base, policies: await Promise.all(versions.map(({ location }) => readWeights(location))) };
  } finally {
    await engine.close();
  }
}

/** Large enough for answers to differ in probability, and for a wrong layout of any parameter to show. */
function opinionatedWeights(): Weights {
  const rng = createRng(5);
  const weights = initialWeights(MODEL, 3);
  return new Map(
    [...weights].map(([name, values]) => [name, values.map((value) => value + 0.15 * rng.normal())]),
  );
}

/** Pays for low token ids; some answers are unscored, malformed, or paid beyond the reward clip. */
const scoreAnswer: ScoreAnswer = (tokenIds, place) => {
  if (place % 11 === 4) return { kind: 'judge_failed', reason: 'timeout', retryable: true };
  if (place % 11 === 7) return { kind: 'policy_malformed', reason: 'empty' };
  const low = tokenIds.filter((id) => id < 6).length;
  return scored((6 * low) / tokenIds.length - 2);
};

async function readRecord(rig: LoopRig, hash: string): Promise<UpdateRecord> {
  const bytes = await rig.artifacts.get(hash);
  return updateRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

async function readWeights(directory: string): Promise<Weights> {
  return (await readModelDirectory(directory)).weights;
}
