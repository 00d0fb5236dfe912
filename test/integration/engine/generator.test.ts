import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startGeneratorProcess,
  type GeneratorProcess,
} from '../../../cli/commands/trainer/generator-process.js';
import { startTorchProcess, type TorchProcess } from '../../../cli/commands/trainer/torch-process.js';
import type { PolicyVersion } from '../../../core/domain/policy.js';
import { OpenAiEngine } from '../../../core/engine/openai-engine.js';
import { GrpcTrainer } from '../../../core/trainer/grpc-trainer.js';
import type { TokenBatch } from '../../../core/trainer/trainer.js';
import { describeWithPython, interpreter } from '../../support/python.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { writeTinyQwen3 } from '../torch-trainer/qwen3-directory.js';

const VOCABULARY = 40;
const CALL = { run: 'adapters', epoch: 1 };
const PROMPT = [3, 8, 1];
const ADAM = { learningRate: 0.02, betas: [0.9, 0.95], eps: 1e-6, weightDecay: 0 } as const;
const FLAVOURS = ['vllm', 'sglang'] as const;

function batchOf(tokenIds: readonly number[], temperature: number): TokenBatch {
  return {
    tokenIds: Int32Array.from(tokenIds),
    offsets: Int32Array.from([0, tokenIds.length]),
    weights: Float32Array.from(tokenIds, (_, at) => Number(at > 0)),
    temperature,
  };
}

describeWithPython('adapters of the PyTorch trainer on a generator', () => {
  const folder = useLastingFolder();
  let base: string;
  let torch: TorchProcess;
  let trainer: GrpcTrainer;
  let generator: GeneratorProcess;
  let modelId: string;
  const versions: PolicyVersion[] = [];

  /** Trains the adapter for a step and publishes it. */
  async function publishNext(): Promise<void> {
    const step = versions.length;
    if (step > 0) {
      const loss = { type: 'cross_entropy', batch: batchOf([...PROMPT, 5, 9, step], 1) } as const;
      await trainer.forwardBackward(CALL, { modelId, step: step - 1, micro: 0, normalizer: 3, loss });
      await trainer.optimStep(CALL, { modelId, step: step - 1, ...ADAM });
    }
    const directory = join(folder(), `adapter-${String(step)}`);
    const { sha256 } = await trainer.publishWeights(CALL, { modelId, directory });
    versions.push({ version: step, hash: sha256, location: directory });
  }

  beforeAll(async () => {
    base = join(folder(), 'base');
    await writeTinyQwen3(base, VOCABULARY);
    [torch, generator] = await Promise.all([
      startTorchProcess({ python: interpreter, model: base, device: 'cpu' }),
      startGeneratorProcess({ python: interpreter, model: base }),
    ]);
    trainer = await GrpcTrainer.connect({ address: torch.address });
    const lora = { rank: 2, alpha: 4, targetModules: ['q_proj', 'v_proj'] };
    modelId = await trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1, lora });
    for (let version = 0; version < 4; version += 1) await publishNext();
  }, 120_000);
  afterAll(async () => {
    await trainer.close();
    await Promise.all([torch.stop(), generator.stop()]);
  });

  const request = (policy: PolicyVersion) => ({
    policyHash: policy.hash,
    promptTokenIds: PROMPT,
    samples: 3,
    seed: 4,
    sampling: { maxNewTokens: 6, temperature: 0.7, stopTokenIds: [] },
  });
  const adaptersThere = async (): Promise<string[]> => {
    const models = (await (await fetch(`${generator.baseUrl}/v1/models`)).json()) as {
      data: { id: string }[];
    };
    return models.data.slice(1).map(({ id }) => id);
  };

  it.each(FLAVOURS)(
    "answer with the trainer's log-probabilities, each version with its own, in %s's dialect",
    async (flavour) => {
      const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl, flavour });
      try {
        const [newest] = versions.slice(-1);
        await engine.load(newest);
        for (const { tokenIds, logProbs } of await engine.generate(request(newest))) {
          const batch = batchOf([...PROMPT, ...tokenIds], 0.7);
          const { logProbs: ours = [] } = await trainer.forward(CALL, {
            modelId,
            batch,
            want: ['log_probs'],
          });
          logProbs.forEach((logProb, at) => {
            expect(Math.abs(logProb - ours[PROMPT.length + at])).toBeLessThan(1e-5);
          });
        }
        const [first] = versions;
        await engine.load(first);
        const answers = await engine.generate(request(first));
        await engine.load(newest);
        expect(await engine.generate(request(newest))).not.toEqual(answers);
      } finally {
        await engine.close();
      }
    },
  );

  it.each(FLAVOURS)(
    'are named by version and hash, and freed when they are two versions old, in %s',
    async (flavour) => {
      const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl, flavour });
      for (const version of versions) await engine.load(version);
      const name = ({ version, hash }: PolicyVersion): string =>
        `policy@v${String(version)}-${hash.slice(0, 12)}`;
      expect(await adaptersThere()).toEqual(versions.slice(-2).map(name));
      await engine.close();
      expect(await adaptersThere()).toEqual([]);
    },
  );

  it('change nothing while they are new, and keep full weights from being replaced under them', async () => {
    const [first] = versions;
    const location = join(folder(), 'whole');
    const wholeId = await trainer.createModel(CALL, { role: 'policy', base, heads: 0, seed: 1 });
    const { sha256 } = await trainer.publishWeights(CALL, { modelId: wholeId, directory: location });
    const whole = { version: 0, hash: sha256, location };
    const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl });
    await engine.load(first);
    const untouched = (await engine.generate(request(first))).map(({ tokenIds }) => tokenIds);
    await expect(engine.load(whole)).rejects.toMatchObject({ code: 'failed_precondition' });
    await engine.close();
    await engine.load(whole);
    expect((await engine.generate(request(whole))).map(({ tokenIds }) => tokenIds)).toEqual(untouched);
    await engine.close();
  });

  it('are loaded again where the server was started again in between', async () => {
    const port = Number(new URL(generator.baseUrl).port);
    const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl });
    const [newest] = versions.slice(-1);
    await engine.load(newest);
    const before = await engine.generate(request(newest));
    await generator.stop();
    generator = await startGeneratorProcess({ python: interpreter, model: base, port });
    expect(await engine.generate(request(newest))).toEqual(before);
    await engine.close();
  }, 60_000);

  it.each<[string, () => Promise<string>, string]>([
    [
      'without weights',
      async () => folderWith('empty', { 'adapter_config.json': '{}' }),
      'adapter_model.safetensors cannot be read',
    ],
    [
      'that is a pickle',
      async () => folderWith('pickle', { 'adapter_config.json': '{}', 'adapter_model.bin': 'x' }),
      'adapter_model.safetensors cannot be read',
    ],
    [
      'of no known kind',
      async () => folderWith('odd', { 'adapter_config.json': '{}', 'adapter_model.safetensors': 'x' }),
      'lora_path: found',
    ],
  ])('refuse an adapter %s', async (_name, make, message) => {
    const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl });
    const loading = engine.load({ version: 9, hash: 'none', location: await make() });
    await expect(loading).rejects.toThrow(message);
  });

  async function folderWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const directory = join(folder(), name);
    await mkdir(directory, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
    return directory;
  }
});
