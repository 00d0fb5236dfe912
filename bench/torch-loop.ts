import { join } from 'node:path';
import { newArm } from '../cli/pipeline/new-arm.js';
import { runArm } from '../cli/pipeline/run-arm.js';
import { readRunInputs } from '../cli/pipeline/run-inputs.js';
import { openWorkspace } from '../cli/pipeline/workspace.js';
import type { Workspace } from '../cli/pipeline/workspace.js';
import { startGeneratorProcess } from '../cli/commands/trainer/generator-process.js';
import { startTorchProcess } from '../cli/commands/trainer/torch-process.js';
import type { RunConfig } from '../core/config/run-config.js';
import { DEFAULT_WATCH, watchedOnly } from '../core/config/watch-options.js';
import { OpenAiEngine } from '../core/engine/openai-engine.js';
import { packageRoot } from '../core/runtime/package-root.js';
import type { Scorer } from '../core/scorer/scorer.js';
import { GrpcTrainer } from '../core/trainer/grpc-trainer.js';
import type { Trainer } from '../core/trainer/trainer.js';
import type { AnswerDecoder } from '../workers/rollout/answer-task.js';
import type { IterationsTaken, OverheadPlan } from './torch-peer.js';

/** The whole loop over a PyTorch trainer and a generator, each a process. */
export interface TorchLoop {
  /** A run of its own from the first model on; its first iteration, in which all is warmed up, is not among the seconds. */
  take(iterations: number): Promise<IterationsTaken>;
  close(): Promise<void>;
}

export interface TorchLoopPlace {
  readonly python: string;
  readonly model: string;
  readonly folder: string;
}

const RUN_FILE = join(packageRoot, 'examples', 'arabic', 'run.yaml');
const RUBRIC_HASH = 'share-of-paid-tokens';

/** Answers are read as the numbers that they are. */
const NUMBERS: AnswerDecoder = {
  hash: 'numbers',
  decodeAnswer: (ids) => ({ text: [...ids].join(' '), cutCharacter: false }),
};

/** Starts both processes. Ledger, artifacts, bus, coordinator and rollout workers are the real ones. */
export async function openTorchLoop(
  { python, model, folder }: TorchLoopPlace,
  plan: OverheadPlan,
): Promise<TorchLoop> {
  const [torch, generator] = await Promise.all([
    startTorchProcess({ python, model, device: 'cpu' }),
    startGeneratorProcess({ python, model }),
  ]);
  const trainer = await GrpcTrainer.connect({ address: torch.address });
  const engine = await OpenAiEngine.connect({ baseUrl: generator.baseUrl });
  const workspace = await openWorkspace(folder, 1);
  let runs = 0;
  return {
    take: (iterations) => {
      runs += 1;
      const arm = { name: `run-${runs}`, iterations, model, engine, trainer };
      return playArm(workspace, arm, plan);
    },
    close: async () => {
      await workspace.close();
      await engine.close();
      await trainer.close();
      await Promise.all([torch.stop(), generator.stop()]);
    },
  };
}

interface Arm {
  readonly name: string;
  readonly iterations: number;
  readonly model: string;
  readonly engine: OpenAiEngine;
  readonly trainer: Trainer;
}

async function playArm(workspace: Workspace, arm: Arm, plan: OverheadPlan): Promise<IterationsTaken> {
  const { name, iterations, engine, trainer } = arm;
  const { config } = await readRunInputs(RUN_FILE);
  const own: RunConfig = {
    ...config,
    seed: plan.seed,
    // A random policy that learns fast is in no danger that anybody would want to hear of.
    health: { ...config.health, klBudget: 'off', entropyShare: 'off', klTimesTarget: 'off' },
    algorithm: algorithmOf(plan, iterations + 1),
    checkpoints: { every: iterations + 2, keep: 1 },
  };
  const marks: number[] = [];
  const services = { ...workspace, trainer, scorer: scorerOf(plan) };
  await workspace.ledger.createRun(newArm(name, name, own, {}));
  const source = { rubricId: 'paid', rubricHash: RUBRIC_HASH, rewardModelHash: 'paid', floor: 0 };
  const result = await runArm(services, {
    runId: name,
    name,
    config: own,
    metrics: { kinds: [] },
    checkpoint: {
      policy: { version: 0, hash: 'first', location: arm.model },
      tokenizer: NUMBERS,
    },
    prompts: plan.prompts.map((tokenIds, at) => ({
      prompt: { id: `p${at}`, locale: 'en', text: `p${at}` },
      tokenIds,
      tokenizerHash: NUMBERS.hash,
      truncated: false,
    })),
    sampling: { maxNewTokens: plan.maxNewTokens, temperature: 1, stopTokenIds: [] },
    rewardSources: { activate: async () => source, keep: async () => undefined },
    rubricHash: RUBRIC_HASH,
    watch: watchedOnly(DEFAULT_WATCH),
    probes: {},
    engines: [engine, engine],
    directory: join(workspace.folder, name),
    onProgress: () => {
      marks.push(workspace.clock.monotonic());
    },
    signal: new AbortController().signal,
  });
  const seconds = marks.slice(1).map((at, before) => (at - marks[before]) / 1000);
  return { seconds, score: result.iterations.at(-1)?.metrics['objective/scores'] ?? NaN };
}

function algorithmOf(plan: OverheadPlan, iterations: number): RunConfig['algorithm'] {
  const { prompts, groupSize, epochs, minibatches, policyLearningRate, criticLearningRate, gamma } = plan;
  return {
    ...{ iterations, groupSize, epochs, minibatches, policyLearningRate, criticLearningRate, gamma },
    promptsPerIteration: prompts.length,
    lambda: plan.lambda,
    importanceCap: plan.importanceCap,
    criticWarmupIterations: 0,
    kl: { placement: 'reward', kind: 'k1', initial: plan.kl },
  };
}

/** Pays the share of an answer's tokens that are paid for. */
function scorerOf({ paid }: OverheadPlan): Scorer {
  return {
    score: async ({ items }) =>
      items.map(({ answers }) =>
        answers.map(({ tokenIds }) => {
          const share = tokenIds.filter((id) => id < paid).length / tokenIds.length;
          return { kind: 'scored', score: { raw: share, normalized: share } };
        }),
      ),
  };
}
