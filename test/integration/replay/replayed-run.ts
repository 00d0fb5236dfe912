import { join } from 'node:path';
import { readRunHistory } from '../../../coordinator/replay/run-history.js';
import type { RunHistory } from '../../../coordinator/replay/run-history.js';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import type { Trainer } from '../../../core/trainer/trainer.js';
import { LoopRig } from '../../support/loop-rig.js';

const MODEL = { vocabSize: 24, contextLength: 16, layers: 2, width: 16, heads: 2 };
const EVERY = 3;

/**
 * Plays eight iterations on the embedded stack. The policy is held in the first, and in the sixth, before which it goes back
 * to version 2.
 * Of the checkpoints, before iterations 3 and 6, the second is left.
 */
export async function playRun(folder: string, trainer: Trainer): Promise<RunHistory> {
  const baseModel = join(folder, 'base');
  await writeModelDirectory({ directory: baseModel, config: MODEL, weights: initialWeights(MODEL, 3) });
  const engine = await EmbeddedEngine.open();
  try {
    const rig = new LoopRig({
      seed: 5,
      algorithm: {
        iterations: 8,
        policyLearningRate: 1e-2,
        criticLearningRate: 1e-2,
        promptsPerIteration: 4,
        groupSize: 4,
        sequencesPerMicroBatch: 5,
        kl: { initial: 0.05, target: 1, horizon: 50 },
      },
      stack: { trainer, engines: [engine], baseModel, policyDirectory: join(folder, 'policies') },
      checkpoints: { directory: join(folder, 'checkpoints'), every: EVERY, keep: 1 },
    });
    await rig.create();
    rollBackAfter(rig, 4);
    await rig.play();
    const { ledger, artifacts } = rig;
    return await readRunHistory({ id: rig.run, seed: 5 }, { ledger, artifacts }, EVERY);
  } finally {
    await engine.close();
  }
}

function rollBackAfter(rig: LoopRig, iteration: number): void {
  let asked = false;
  rig.ledger.onEvents(rig.run, () => {
    if (asked || rig.iterations.length < iteration) return;
    asked = true;
    void rig.ledger.requestControl(rig.run, { kind: 'roll_back', to: { policyVersion: 2 } });
  });
}
