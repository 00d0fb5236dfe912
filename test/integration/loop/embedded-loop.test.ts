import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import type { AlgorithmChoice } from '../../../coordinator/algorithm-options.js';
import { LoopRig } from '../../support/loop-rig.js';

const config = { vocabSize: 24, contextLength: 16, layers: 2, width: 16, heads: 2 };
const learning = { policyLearningRate: 1e-2, criticLearningRate: 1e-2, promptsPerIteration: 6, groupSize: 8 };

describe('the loop on the embedded engine and trainer', () => {
  let folder = '';
  let trainer: EmbeddedTrainer;
  const engines: EmbeddedEngine[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'majlis-loop-'));
    await writeModelDirectory({
      directory: join(folder, 'base'),
      config,
      weights: initialWeights(config, 3),
    });
    trainer = EmbeddedTrainer.create({ threads: 2 });
    for (let worker = 0; worker < 4; worker += 1) engines.push(await EmbeddedEngine.open());
  });

  afterAll(async () => {
    for (const engine of engines) await engine.close();
    await trainer.close();
    await rm(folder, { recursive: true, force: true });
  });

  function rigOf(run: string, workers: number, algorithm: AlgorithmChoice): LoopRig {
    const stack = {
      trainer,
      engines: engines.slice(0, workers),
      baseModel: join(folder, 'base'),
      policyDirectory: join(folder, run),
    };
    return new LoopRig({ run, stack, algorithm: { ...learning, ...algorithm } });
  }

  it('raises what is paid for, from a ratio of 1, with sampler and trainer in agreement', async () => {
    const rig = rigOf('rises', 1, { iterations: 14 });
    await rig.play();
    const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
    expect(scores[0]).toBeLessThan(1);
    expect(scores.at(-1)).toBeGreaterThan(scores[0] + 1);
    for (const { metrics } of rig.iterations.slice(1)) {
      expect(Math.abs(metrics['val/ratio_first_minibatch'] - 1)).toBeLessThan(1e-4);
      expect(metrics['behaviour/max_log_ratio']).toBeLessThan(1e-4);
    }
    expect(rig.alarms).toEqual([]);
  });

  it('ends on the same policy with one worker and with four, whatever the run is called', async () => {
    const one = await rigOf('one', 1, { iterations: 4 }).play();
    const four = await rigOf('four', 4, { iterations: 4 }).play();
    expect(four.policy).toMatchObject({ version: one.policy.version, hash: one.policy.hash });
  });
});
