import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NOBODY_ASKED } from '../cli/judges/asked-judges.js';
import { DEFAULT_WATCH, watchedOnly } from '../core/config/watch-options.js';
import { newArm } from '../cli/pipeline/new-arm.js';
import { prepareRun } from '../cli/pipeline/prepare-run.js';
import type { PreparedRun } from '../cli/pipeline/prepare-run.js';
import { loadRunRubrics } from '../cli/pipeline/run-rubrics.js';
import { runArm } from '../cli/pipeline/run-arm.js';
import { readRunInputs } from '../cli/pipeline/run-inputs.js';
import type { RunInputs } from '../cli/pipeline/run-inputs.js';
import { sampleAnswers } from '../cli/pipeline/sample-answers.js';
import { openWorkspace } from '../cli/pipeline/workspace.js';
import type { Workspace } from '../cli/pipeline/workspace.js';
import type { PolicyVersion } from '../core/domain/policy.js';
import type { Engine } from '../core/engine/engine.js';
import { BadInputError } from '../core/errors.js';
import type { IterationRecord } from '../core/ledger/ledger.js';
import type { IntervalEstimate } from '../core/math/interval-estimate.js';
import { createRng } from '../core/math/rng.js';
import { packageRoot } from '../core/runtime/package-root.js';
import type { Scorer } from '../core/scorer/scorer.js';
import { registerShare } from '../workers/evaluation/register-of.js';
import { median } from './bench-result.js';
import type { BenchCase, BenchResult, Benchmark } from './bench-result.js';
import { SlowJudge } from './slow-judge.js';

const RUN_FILE = join(packageRoot, 'examples', 'arabic', 'run.yaml');
/** What the run file's rubric asks for. */
const REGISTER = 'msa';
const CORES = 2;
const WORKERS = 2;
const CALIBRATION_ITERATIONS = 6;
const BAR = 1.5;

/** Async against lockstep on the quickstart's first arm, where judging takes as long as generating and training. */
export const asyncSchedule: Benchmark = {
  summary: 'tokens per second, schedule async against lockstep, slow judge: --iterations 16 --rounds 2',
  run: async (args, print) => {
    const options = readOptions(args);
    const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
    try {
      const workspace = await openWorkspace(folder, CORES);
      try {
        return await measure(await prepareRig(workspace, options), print);
      } finally {
        await workspace.close();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Options {
  readonly iterations: number;
  readonly rounds: number;
  /** SFT steps; absent as the run file says. */
  readonly sft: number | undefined;
}

function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      iterations: { type: 'string', default: '16' },
      rounds: { type: 'string', default: '2' },
      sft: { type: 'string' },
    },
  });
  const count = (name: string, text: string): number => {
    if (/^[1-9]\d*$/.test(text)) return Number(text);
    throw new BadInputError({ source: `--${name}`, found: text, allowed: 'a whole number from 1' });
  };
  return {
    iterations: count('iterations', values.iterations),
    rounds: count('rounds', values.rounds),
    sft: values.sft === undefined ? undefined : count('sft', values.sft),
  };
}

interface Rig {
  readonly workspace: Workspace;
  readonly inputs: RunInputs;
  readonly prepared: PreparedRun;
  readonly rubricHash: string;
  readonly engines: readonly Engine[];
  readonly options: Options;
}

async function prepareRig(workspace: Workspace, options: Options): Promise<Rig> {
  const read = await readRunInputs(RUN_FILE);
  const { supervised, algorithm } = read.config;
  const config = {
    ...read.config,
    supervised: { ...supervised, steps: options.sft ?? supervised.steps },
    algorithm: { ...algorithm, iterations: options.iterations },
  };
  const inputs = { ...read, config };
  const rubrics = await loadRunRubrics(RUN_FILE, inputs);
  const engines = await workspace.engines(WORKERS);
  const prepared = await prepareRun(workspace, inputs, {
    rubrics,
    engines,
    directory: workspace.folder,
    runId: 'bench',
    asked: NOBODY_ASKED,
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });
  const rubricHash = rubrics.first.hash;
  await prepared.rewards.reward(rubricHash, 'judged');
  return { workspace, inputs, prepared, rubricHash, engines, options };
}

interface Arm {
  readonly tokensPerSecond: number;
  readonly iterationMs: number;
  readonly policy: PolicyVersion;
  readonly records: readonly IterationRecord[];
}

type ScheduleName = 'lockstep' | 'async';

async function measure(rig: Rig, print: (line: string) => void): Promise<BenchResult> {
  const { workspace, inputs, options } = rig;
  const calibrating = { ...inputs.config.algorithm, iterations: CALIBRATION_ITERATIONS };
  const calibration = await playArm(
    { ...rig, inputs: { ...inputs, config: { ...inputs.config, algorithm: calibrating } } },
    'calibration',
    { schedule: 'lockstep', scorer: workspace.scorer },
  );
  const answers = calibration.answersPerIteration;
  const perAnswer = calibration.iterationMs / answers;
  print(
    `generating, scoring by the reward model and training: ${calibration.iterationMs.toFixed(0)} ms per iteration; ` +
      `the slow judge adds ${perAnswer.toFixed(2)} ms for each of ${answers} answers, one after the other, ` +
      `${(perAnswer * answers).toFixed(0)} ms per iteration`,
  );
  const arms: Record<ScheduleName, Arm[]> = { lockstep: [], async: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const schedule of ['lockstep', 'async'] as const) {
      const scorer = new SlowJudge(workspace.scorer, workspace.clock, perAnswer);
      const arm = await playArm(rig, `${schedule}-${round}`, { schedule, scorer });
      print(`round ${round}, ${schedule}: ${armLine(arm)}`);
      arms[schedule].push(arm);
    }
  }
  const speed = speedCase(arms.async, arms.lockstep);
  const share = shareCase(await registers(rig, arms.async), await registers(rig, arms.lockstep), print);
  return { ...speed, cases: [speed, share] };
}

interface ArmSetting {
  readonly schedule: ScheduleName;
  readonly scorer: Scorer;
}

/** One arm from its start to its last iteration's end. */
async function playArm(
  rig: Rig,
  name: string,
  { schedule, scorer }: ArmSetting,
): Promise<Arm & { readonly answersPerIteration: number }> {
  const { workspace, prepared, rubricHash, engines } = rig;
  const { clock, ledger } = workspace;
  const config = { ...rig.inputs.config, schedule };
  const { promptsPerIteration = 0, groupSize = 0 } = config.algorithm;
  await ledger.createRun(newArm(name, name, config, {}));
  const marks = [clock.monotonic()];
  const { policy, iterations: records } = await runArm(
    { ...workspace, scorer },
    {
      runId: name,
      name,
      config,
      metrics: { kinds: [] },
      checkpoint: prepared.checkpoint,
      prompts: prepared.prompts,
      sampling: prepared.sampling,
      rewardSources: prepared.rewards.sources('judged'),
      rubricHash,
      watch: watchedOnly(DEFAULT_WATCH),
      probes: {},
      engines,
      directory: join(workspace.folder, name),
      onProgress: () => marks.push(clock.monotonic()),
      signal: new AbortController().signal,
    },
  );
  const answersPerIteration = promptsPerIteration * groupSize;
  const tokens =
    records.reduce((sum, { metrics }) => sum + metrics['answers/mean_length'], 0) * answersPerIteration;
  const spans = marks.slice(1).map((at, before) => at - marks[before]);
  return {
    tokensPerSecond: (1000 * tokens) / (marks[marks.length - 1] - marks[0]),
    iterationMs: median(spans.slice(1)),
    policy,
    records,
    answersPerIteration,
  };
}

/** Share of answers to held-out prompts in the rubric's register, over the last policies of all rounds. */
async function registers(
  { inputs, prepared, engines }: Rig,
  arms: readonly Arm[],
): Promise<IntervalEstimate> {
  const texts: string[] = [];
  for (const { policy } of arms) {
    const plan = { policy, samples: 1, sampling: prepared.sampling, rng: createRng(1).fork('held out') };
    const { tokenizer } = prepared.checkpoint;
    const sampled = await sampleAnswers(prepared.heldOutPrompts, plan, { engines, tokenizer });
    texts.push(...sampled.flatMap(({ answers }) => answers.map(({ text }) => text)));
  }
  const [{ profile }] = inputs.locales;
  return registerShare(texts.map((text) => ({ text, register: REGISTER, profile })));
}

function speedCase(async: readonly Arm[], lockstep: readonly Arm[]): BenchCase {
  const [ours, peer] = [async, lockstep].map((arms) =>
    median(arms.map(({ tokensPerSecond }) => tokensPerSecond)),
  );
  const ratio = ours / peer;
  const name = `async, bar ${BAR} times lockstep`;
  return { name, unit: 'tokens/s', ours, peer, peerName: 'lockstep', ratio, passed: ratio >= BAR };
}

function shareCase(
  async: IntervalEstimate,
  lockstep: IntervalEstimate,
  print: (line: string) => void,
): BenchCase {
  print(`${REGISTER} share on held-out prompts: async ${interval(async)}, lockstep ${interval(lockstep)}`);
  return {
    name: `${REGISTER} share, within the interval of lockstep's`,
    unit: 'share',
    ours: async.value,
    peer: lockstep.value,
    peerName: 'lockstep',
    ratio: async.value / lockstep.value,
    passed: async.value >= lockstep.low && async.value <= lockstep.high,
  };
}

function armLine({ tokensPerSecond, iterationMs, records }: Arm): string {
  const last = records[records.length - 1].metrics;
  const staleness = last['staleness/mean'];
  const score = last['objective/scores'];
  return (
    `${tokensPerSecond.toFixed(0)} tokens/s, ${iterationMs.toFixed(0)} ms per iteration, reward ${score.toFixed(2)}` +
    (staleness === undefined ? '' : `, staleness ${staleness.toFixed(2)}`)
  );
}

function interval({ value, low, high }: IntervalEstimate): string {
  return `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
