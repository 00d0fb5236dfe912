/** Whole runs on a random Qwen3 with its own tokenizer and chat template: PyTorch trains, the CPU generator answers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGeneratorProcess } from '../../../cli/commands/trainer/generator-process.js';
import { startTorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import type { TorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import { findRunRecord } from '../../../cli/pipeline/run-record.js';
import { singleRun } from '../../../cli/pipeline/single-run.js';
import type { ExperimentEnd } from '../../../cli/pipeline/experiment.js';
import { openReward } from '../../../cli/serving/open-reward.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { majlis } from '../cli/majlis-process.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { quietTrainers } from '../../support/quiet-trainers.js';
import { writeSmallRunFile } from '../../support/small-run-file.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { writeTinyInstructionModel } from './tiny-qwen.js';

jest.setTimeout(180_000);

const SHORT = `preferences: { answersPerPrompt: 4, pairsPerPrompt: 4 }
sampling: { maxNewTokens: 16, temperature: 0.9 }
`;

describeWithPython('a run on a Hugging Face directory', () => {
  const folder = useLastingFolder();
  let torch: TorchProcess;
  let generator: Awaited<ReturnType<typeof startGeneratorProcess>>;
  let shipped: string;
  /** What the first run's supervised fine-tuning left: a model whose answers are not all vetoed. */
  let tuned: string;

  beforeAll(async () => {
    shipped = readFileSync(writeSmallRunFile(folder(), 'arabic'), 'utf8');
    const model = join(folder(), 'model');
    await writeTinyInstructionModel(model, join(folder(), 'sft.jsonl'));
    [torch, generator] = await Promise.all([
      startTorchProcess({ python: interpreter, model }),
      startGeneratorProcess({ python: interpreter, model }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([torch.stop(), generator.stop()]);
  });

  const runFileOf = (name: string, rest: string): string => {
    const head = shipped.slice(0, shipped.indexOf('swap:'));
    const path = join(folder(), `${name}.yaml`);
    writeFileSync(path, `${head}trainer: { torch: {} }\nengine: { openai: {} }\n${SHORT}${rest}`);
    return path;
  };
  const ran = (runFile: string, workspace: string, engine = generator): Promise<ExperimentEnd> =>
    singleRun({
      ...{ runFile, workspace, workers: 1 },
      places: { trainer: torch.address, engines: [engine.baseUrl] },
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
  const iterationsOf = async (
    workspace: string,
    run: string,
  ): Promise<{ metrics: Readonly<Record<string, number>>[]; paidBy: string }> => {
    const ledger = await openSqliteLedger(join(workspace, 'ledger.sqlite'), systemClock);
    try {
      const iterations = await ledger.iterations(run);
      const [{ rewardModelHash: paidBy }] = iterations;
      return { metrics: iterations.map(({ metrics }) => metrics), paidBy };
    } finally {
      await ledger.close();
    }
  };
  /** The name under which a reward server scores by a run's only reward, once it has scored. */
  const servedHash = async (rewards: string): Promise<string> => {
    const trainers = quietTrainers();
    const [name] = readdirSync(rewards);
    const source = { model: join(rewards, name), trainer: { torch: { address: torch.address } } };
    const { reward } = await openReward(source, { file: rewards, place: 'rewards.active', trainers });
    const prompt = { id: 'p', locale: 'ar', text: 'أين أسافر؟' };
    const outcomes = await reward.model.score([{ prompt, answer: 'زُر أسوان' }]);
    expect(outcomes).toMatchObject([{ kind: 'scored' }]);
    await reward.release?.();
    await trainers.close();
    return reward.model.hash;
  };

  it('trains all of its weights by PPO and reports', async () => {
    const workspace = join(folder(), 'ppo');
    const runFile = runFileOf(
      'ppo',
      `model: { directory: model, contextLength: 192 }
supervised: { steps: 10, sequencesPerStep: 16, learningRate: 1e-2, warmupSteps: 5 }
rewardModel: { heads: 2, steps: 5, pairsPerStep: 16 }
algorithm: { iterations: 3, promptsPerIteration: 4, groupSize: 4, criticWarmupIterations: 1, importanceCap: 2 }
`,
    );
    const { runId, reportPath } = await ran(runFile, workspace);
    tuned = join(workspace, 'runs', runId, 'checkpoint', 'sft');
    expect(existsSync(reportPath)).toBe(true);
    const { metrics, paidBy } = await iterationsOf(workspace, runId);
    expect(metrics).toHaveLength(3);
    for (const figures of metrics) {
      // Two processes with one implementation of the model each: nearly equal, and measured.
      expect(figures['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-5);
      expect(figures['sampling/importance_sampling_ratio/max']).toBeCloseTo(1, 4);
    }
    expect(metrics[2]['policy/steps']).toBeGreaterThan(0);
    const words = ['replay', runId, '--iteration', '2', '--workspace', workspace, '--trainer', torch.address];
    const replayed = await majlis(['--json', ...words]);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ verdict: 'identical', changed: [] });
    expect(await servedHash(join(workspace, 'runs', runId, 'rewards'))).toBe(paidBy);
    const { record } = await findRunRecord(workspace, runId);
    expect(record.fingerprints).toMatchObject({ model: expect.any(String), trainer: expect.any(String) });
    const { architectures } = JSON.parse(
      readFileSync(join(workspace, 'runs', runId, 'rubricA/policies/policy-000002/config.json'), 'utf8'),
    ) as { architectures: string[] };
    expect(architectures).toEqual(['Qwen3ForCausalLM']);
  });

  it('begins with the model as it is and trains adapters by GRPO, paid by a light reward model', async () => {
    const workspace = join(folder(), 'lora');
    const runFile = runFileOf(
      'lora',
      `model: { directory: ${tuned}, contextLength: 192, lora: { rank: 4, alpha: 8 } }
supervised: { steps: 0 }
rewardModel: { form: light }
algorithm: { estimator: grpo, iterations: 2, promptsPerIteration: 4, groupSize: 4 }
`,
    );
    const engine = await startGeneratorProcess({ python: interpreter, model: tuned });
    const { runId } = await ran(runFile, workspace, engine).finally(() => engine.stop());
    const { metrics } = await iterationsOf(workspace, runId);
    expect(metrics).toHaveLength(2);
    for (const figures of metrics) {
      expect(figures['sampling/sampling_logp_difference/mean']).toBeLessThan(1e-5);
    }
    const last = join(workspace, 'runs', runId, 'rubricA/policies/policy-000002');
    expect(existsSync(join(last, 'adapter_config.json'))).toBe(true);
  });

  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      'a context that is longer than the model has',
      'model: { directory: model, contextLength: 1000 }',
      /context of 1000 tokens, of which it has 512/,
    ],
    [
      'layers beside a directory',
      'model: { directory: model, layers: 2 }',
      /model\.layers: found 2; allowed: nothing beside model\.directory/,
    ],
    [
      'adapters of a model of its own',
      'model: { lora: {} }',
      /model\.lora: found adapters; allowed: model\.directory/,
    ],
    [
      'a folder with pickled weights',
      'model: { directory: pickled }',
      /found pytorch_model\.bin, whose opening may run code; allowed: .*safetensors/,
    ],
    ['a folder that is not there', 'model: { directory: nowhere }', /nowhere: found no such folder/],
  ];
  it.each(refused)('refuses %s', async (_, lines, sentence) => {
    mkdirSync(join(folder(), 'pickled'), { recursive: true });
    writeFileSync(join(folder(), 'pickled', 'pytorch_model.bin'), '');
    await expect(ran(runFileOf('bad', `${lines}\n`), join(folder(), 'bad'))).rejects.toThrow(sentence);
  });

  it('says how to name a trainer that it was not told of', async () => {
    const runFile = runFileOf('unplaced', 'model: { directory: model }\n');
    const running = singleRun({
      ...{ runFile, workspace: join(folder(), 'unplaced'), workers: 1 },
      places: { engines: [generator.baseUrl] },
      onProgress: () => undefined,
      signal: new AbortController().signal,
    });
    await expect(running).rejects.toThrow(/trainer\.torch\.address: found nothing; allowed: .*majlis up/);
  });
});
