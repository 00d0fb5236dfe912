import { join } from 'node:path';
import {
  startGeneratorProcess,
  type GeneratorProcess,
} from '../../cli/commands/trainer/generator-process.js';
import { startTorchProcess, type TorchProcess } from '../../cli/commands/trainer/torch-process.js';
import type { AlgorithmChoice } from '../../coordinator/algorithm-options.js';
import { OpenAiEngine } from '../../core/engine/openai-engine.js';
import { GrpcTrainer } from '../../core/trainer/grpc-trainer.js';
import { writeTinyQwen3 } from '../integration/torch-trainer/qwen3-directory.js';
import { scored } from '../support/fake-scorer.js';
import { LoopRig } from '../support/loop-rig.js';
import { describeWithPython, interpreter } from '../support/python.js';
import { useLastingFolder } from '../support/temporary-folder.js';
import { until } from '../support/until.js';

const VOCABULARY = 60;
/** A fifth of all tokens. */
const WANTED = 12;

/** Share of an answer's tokens that are wanted. */
function share(tokenIds: readonly number[]): number {
  return tokenIds.filter((id) => id < WANTED).length / tokenIds.length;
}

describeWithPython('the loop over a PyTorch trainer and a generator, two processes', () => {
  const folder = useLastingFolder();
  let torch: TorchProcess;
  let generator: GeneratorProcess;
  let trainer: GrpcTrainer;
  let engine: OpenAiEngine;

  beforeAll(async () => {
    const model = join(folder(), 'base');
    await writeTinyQwen3(model, VOCABULARY);
    [torch, generator] = await Promise.all([
      startTorchProcess({ python: interpreter, model, device: 'cpu' }),
      startGeneratorProcess({ python: interpreter, model }),
    ]);
    trainer = await GrpcTrainer.connect({ address: torch.address });
    engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl });
  }, 120_000);
  afterAll(async () => {
    await engine.close();
    await trainer.close();
    await Promise.all([torch.stop(), generator.stop()]);
  });

  function rigOf(run: string, on: OpenAiEngine, algorithm: AlgorithmChoice, temperature = 1): LoopRig {
    const baseModel = join(folder(), 'base');
    return new LoopRig({
      run,
      stack: { trainer, engines: [on], baseModel, policyDirectory: join(folder(), run) },
      scoreAnswer: (tokenIds) => scored(share(tokenIds)),
      sampling: { maxNewTokens: 12, temperature, stopTokenIds: [] },
      prompts: Array.from({ length: 16 }, (_, at) => [20 + at, 40 + (at % 7)]),
      algorithm: {
        promptsPerIteration: 8,
        groupSize: 8,
        policyLearningRate: 4e-3,
        criticLearningRate: 4e-3,
        ...algorithm,
        kl: { initial: 0.005 },
      },
    });
  }

  it.each([
    ['ppo', 1],
    ['grpo', 0.8],
  ] as const)(
    'raises the share of wanted tokens from a fifth to nine tenths by %s, sampler and trainer in agreement at temperature %d',
    async (estimator, temperature) => {
      const criticWarmupIterations = estimator === 'ppo' ? 1 : 0;
      const rig = rigOf(
        estimator,
        engine,
        { estimator, iterations: 24, criticWarmupIterations },
        temperature,
      );
      await rig.play();
      const scores = rig.iterations.map(({ metrics }) => metrics['objective/scores']);
      expect(Math.abs(scores[0] - WANTED / VOCABULARY)).toBeLessThan(0.1);
      expect(scores.at(-1)).toBeGreaterThanOrEqual(0.9);
      for (const { metrics } of rig.iterations) {
        // Two programs, one model: what is left is rounding, and it is reported.
        expect(metrics['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-5);
        expect(metrics['behaviour/max_log_ratio']).toBeLessThan(1e-4);
      }
      expect(rig.alarms).toEqual([]);
    },
    180_000,
  );

  it('ends on the same policy where the generator was killed on the way and started again', async () => {
    const algorithm = { estimator: 'grpo', iterations: 4, criticWarmupIterations: 0 } as const;
    const undisturbed = await rigOf('undisturbed', engine, algorithm).play();
    const retryMs = Array.from({ length: 120 }, () => 500);
    const patient = await OpenAiEngine.connect({ baseUrl: generator.baseUrl, retryMs });
    const rig = rigOf('disturbed', patient, algorithm);
    const playing = rig.play();
    await until('an iteration is over', async () => rig.iterations.length > 0);
    const { pid, ended, baseUrl } = generator;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await ended;
    const model = join(folder(), 'base');
    const port = Number(new URL(baseUrl).port);
    generator = await startGeneratorProcess({ python: interpreter, model, port });
    const { policy } = await playing;
    expect(rig.iterations).toHaveLength(4);
    expect(policy).toMatchObject({ version: undisturbed.policy.version, hash: undisturbed.policy.hash });
  }, 180_000);
});
