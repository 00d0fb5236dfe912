import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NOBODY_ASKED } from '../cli/judges/asked-judges.js';
import { DEFAULT_WATCH, watchedOnly } from '../core/config/watch-options.js';
import { newArm } from '../cli/pipeline/new-arm.js';
import { prepareRun } from '../cli/pipeline/prepare-run.js';
import type { PreparedRun } from '../cli/pipeline/prepare-run.js';
import { loadRunRubrics } from '../cli/pipeline/run-rubrics.js';
import { runArm } from '../cli/pipeline/run-arm.js';
import { readRunInputs } from '../cli/pipeline/run-inputs.js';
import type { RunInputs } from '../cli/pipeline/run-inputs.js';
import { openWorkspace } from '../cli/pipeline/workspace.js';
import type { Workspace } from '../cli/pipeline/workspace.js';
import type { Engine } from '../core/engine/engine.js';
import { packageRoot } from '../core/runtime/package-root.js';
import { median } from './bench-result.js';
import type { BenchCase, BenchResult, Benchmark } from './bench-result.js';
import { InFlight, watchedEngine, watchedTrainer } from './in-flight.js';

const RUN_FILE = join(packageRoot, 'examples', 'arabic', 'run.yaml');
const ROUNDS = 3;
const ITERATIONS = 12;
const WORKERS = 2;
const CORES = 2;
const ARMS = 3;
const BAR_MS = 20;
const BAR_BUSY = 0.75;

/**
 * What the loop costs beside generating and training: real coordinator, SQLite ledger, artifact segments, bus, workers
 * and reward model, at the quickstart's size. Checkpoint and reward model are trained shortly, since a step costs the
 * same whatever was learned.
 */
export const loop: Benchmark = {
  summary: 'milliseconds per iteration outside engine and trainer, and how busy the cores are',
  run: async (_args, print) => {
    const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
    try {
      const workspace = await openWorkspace(folder, CORES);
      try {
        return await measure(workspace, print);
      } finally {
        await workspace.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Everything that the rounds share. */
interface Rig {
  readonly workspace: Workspace;
  readonly inputs: RunInputs;
  readonly prepared: PreparedRun;
  readonly rubricHash: string;
  readonly inFlight: InFlight;
}

interface Round {
  /** Median over iterations. */
  readonly outsideMs: number;
  readonly iterationMs: number;
  /** CPU time of the process over CORES × wall time, from the first iteration's end to the last one's. */
  readonly busy: number;
}

async function measure(opened: Workspace, print: (line: string) => void): Promise<BenchResult> {
  const inFlight = new InFlight(opened.clock);
  const workspace = { ...opened, trainer: watchedTrainer(opened.trainer, inFlight) };
  const rig = await prepareRig(workspace, inFlight);
  const engines = await Promise.all(Array.from({ length: ARMS }, () => workspace.engines(WORKERS)));
  const rounds: Round[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const one = await playArm(rig, `round-${round}`, engines[0]);
    print(
      `round ${round}: ${one.outsideMs.toFixed(1)} of ${one.iterationMs.toFixed(0)} ms per iteration outside engine and trainer, cores ${percent(one.busy)} busy`,
    );
    rounds.push(one);
  }
  const arms = await Promise.all(engines.map((own, arm) => playArm(rig, `arm-${arm}`, own)));
  // The arms share the process, so each measures all of it.
  const sideBySide = median(arms.map(({ busy }) => busy));
  print(`${ARMS} arms side by side: cores ${percent(sideBySide)} busy`);
  const headline = outsideCase('loop', median(rounds.map(({ outsideMs }) => outsideMs)));
  return {
    ...headline,
    cases: [
      ...rounds.map(({ outsideMs }, at) => outsideCase(`round ${at + 1}`, outsideMs)),
      busyCase('both cores, one arm', median(rounds.map(({ busy }) => busy))),
      busyCase(`both cores, ${ARMS} arms side by side`, sideBySide),
    ],
  };
}

async function prepareRig(workspace: Workspace, inFlight: InFlight): Promise<Rig> {
  const read = await readRunInputs(RUN_FILE);
  const { config } = read;
  const inputs = {
    ...read,
    config: {
      ...config,
      supervised: { ...config.supervised, steps: 100 },
      rewardModel: { ...config.rewardModel, steps: 20 },
      algorithm: { ...config.algorithm, iterations: ITERATIONS, criticWarmupIterations: 0 },
    },
  };
  const rubrics = await loadRunRubrics(RUN_FILE, inputs);
  const prepared = await prepareRun(workspace, inputs, {
    rubrics,
    engines: await workspace.engines(CORES),
    directory: workspace.folder,
    runId: 'bench',
    asked: NOBODY_ASKED,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const rubricHash = rubrics.first.hash;
  await prepared.rewards.reward(rubricHash, 'judged');
  return { workspace, inputs, prepared, rubricHash, inFlight };
}

/** One arm from start to end, measured from its first iteration's end on, when all graphs have been built. */
async function playArm(rig: Rig, name: string, engines: readonly Engine[]): Promise<Round> {
  const { workspace, inputs, prepared, rubricHash, inFlight } = rig;
  const { clock } = workspace;
  const marks: { readonly at: number; readonly inside: number; readonly cpu: NodeJS.CpuUsage }[] = [];
  await workspace.ledger.createRun(newArm(name, name, inputs.config, {}));
  await runArm(workspace, {
    runId: name,
    name,
    config: inputs.config,
    metrics: { kinds: ['jsonl', 'tensorboard'] },
    checkpoint: prepared.checkpoint,
    prompts: prepared.prompts,
    sampling: prepared.sampling,
    rewardSources: prepared.rewards.sources('judged'),
    rubricHash,
    watch: watchedOnly(DEFAULT_WATCH),
    probes: {},
    engines: engines.map((engine) => watchedEngine(engine, inFlight)),
    directory: join(workspace.folder, name),
    onProgress: () => {
      marks.push({ at: clock.monotonic(), inside: inFlight.milliseconds, cpu: process.cpuUsage() });
    },
    signal: new AbortController().signal,
  });
  const spans = marks.slice(1).map(({ at, inside }, before) => {
    const wall = at - marks[before].at;
    return { wall, outside: wall - (inside - marks[before].inside) };
  });
  const [first, last] = [marks[0], marks[marks.length - 1]];
  const cpuMs = (last.cpu.user + last.cpu.system - first.cpu.user - first.cpu.system) / 1000;
  return {
    outsideMs: median(spans.map(({ outside }) => outside)),
    iterationMs: median(spans.map(({ wall }) => wall)),
    busy: cpuMs / (CORES * (last.at - first.at)),
  };
}

function outsideCase(name: string, ours: number): BenchCase {
  const peerName = `bar of ${BAR_MS} ms per iteration`;
  return { name, unit: 'ms', ours, peer: BAR_MS, peerName, ratio: BAR_MS / ours, passed: ours <= BAR_MS };
}

function busyCase(name: string, ours: number): BenchCase {
  const peerName = `bar of ${percent(BAR_BUSY)} busy`;
  const passed = ours >= BAR_BUSY;
  return { name, unit: 'share', ours, peer: BAR_BUSY, peerName, ratio: ours / BAR_BUSY, passed };
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
