import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { systemClock } from '../core/runtime/clock.js';
import { compiledModule } from '../core/runtime/package-root.js';
import { BenchDispatcher } from './bench-dispatcher.js';
import type { BenchCase, Benchmark } from './bench-result.js';
import { openNats, type BenchNats } from './nats-server.js';

const FLEETS: readonly number[] = [1, 8, 100, 1000];
const MOST_PROCESSES = 8;
/** Of the fleet's processes, which stand for other machines: they leave the coordinator the processor that it would have there. */
const NICE = 10;
/** Of the fleet that works through the long run. */
const LONG_FLEET = { processes: 2, workers: 2, slots: 128, parcelSize: 16 };
const TASKS_PER_ITERATION = 2000;
const WARM_UP_TASKS = 10_000;
const EARLY_TASKS = 50_000;
/** Over how many tasks the cost at a point is measured. */
const SPAN_TASKS = 20_000;
const COST_BAR = 1.2;
const DELAY_BAR_MS = 50;
/** What a task may leave behind in the coordinator's memory: its place in the index of payloads, in a table that doubles. */
const BYTES_BAR = 80;
const NANOSECONDS = 1e6;

const flagsSchema = z.strictObject({ tasks: z.coerce.number().int().min(100_000).exactOptional() });

/** What the coordinator pays for a task as the fleet grows, and as its history does. */
export const scale: Benchmark = {
  summary: '1 to 1,000 workers; CPU and memory of the coordinator per task at 1M tasks against 50k',
  run: async (args, print) => {
    const { values } = parseArgs({ args: [...args], options: { tasks: { type: 'string' } } });
    const { tasks = 1_000_000 } = flagsSchema.parse({ ...values });
    const fleets: Point[] = [];
    for (const workers of FLEETS)
      fleets.push(await inPlace((nats, folder) => growFleet(workers, nats, folder, print)));
    const points = await inPlace((nats, folder) => growHistory(tasks, nats, folder, print));
    return summarize(points, { fleets, tasks });
  },
};

/** The coordinator's cost around one point of its history. */
interface Point {
  readonly microseconds: number;
  /** The heap after a collection, and what lies beside it. */
  readonly bytes: number;
  readonly delayMs: number;
}

async function growFleet(
  workers: number,
  nats: BenchNats,
  folder: string,
  print: (line: string) => void,
): Promise<Point> {
  const dispatcher = await BenchDispatcher.open(
    { url: nats.url, folder },
    { tasksPerIteration: TASKS_PER_ITERATION, parcelSize: 1 },
  );
  const processes = Math.min(workers, MOST_PROCESSES);
  const children = startWorkers(nats, dispatcher.pool, {
    processes,
    workers,
    slots: workers === 1 ? 128 : 2,
  });
  try {
    await dispatcher.play();
    const began = systemClock.monotonic();
    const point = await measured(dispatcher, 2 * TASKS_PER_ITERATION);
    const perSecond = (2 * TASKS_PER_ITERATION * 1000) / (systemClock.monotonic() - began);
    print(
      `${workers} workers in ${processes} processes: ${perSecond.toFixed(0)} tasks/s, ${point.microseconds.toFixed(0)} µs of the coordinator's CPU each, event loop p99 ${point.delayMs.toFixed(1)} ms`,
    );
    return point;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await dispatcher.close();
  }
}

async function growHistory(
  tasks: number,
  nats: BenchNats,
  folder: string,
  print: (line: string) => void,
): Promise<readonly [Point, Point]> {
  const dispatcher = await BenchDispatcher.open(
    { url: nats.url, folder },
    { tasksPerIteration: TASKS_PER_ITERATION, parcelSize: LONG_FLEET.parcelSize },
  );
  const children = startWorkers(nats, dispatcher.pool, LONG_FLEET);
  const reach = async (from: number, to: number): Promise<void> => {
    for (let done = from; done < to; done += TASKS_PER_ITERATION) await dispatcher.play();
  };
  const pointAt = async (place: number): Promise<Point> => {
    const point = await measured(dispatcher, SPAN_TASKS);
    const { microseconds, bytes, delayMs } = point;
    print(
      `at ${place} tasks: ${microseconds.toFixed(0)} µs of the coordinator's CPU each, ${(bytes / 2 ** 20).toFixed(1)} MiB, event loop p99 ${delayMs.toFixed(1)} ms`,
    );
    return point;
  };
  try {
    await reach(0, Math.max(WARM_UP_TASKS, EARLY_TASKS - SPAN_TASKS));
    const early = await pointAt(EARLY_TASKS);
    await reach(EARLY_TASKS, tasks - SPAN_TASKS);
    return [early, await pointAt(tasks)];
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await dispatcher.close();
  }
}

async function measured(dispatcher: BenchDispatcher, tasks: number): Promise<Point> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const cpu = process.cpuUsage();
  for (let done = 0; done < tasks; done += TASKS_PER_ITERATION) await dispatcher.play();
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  return {
    microseconds: (user + system) / tasks,
    bytes: bytesInUse(),
    delayMs: delay.percentile(99) / NANOSECONDS,
  };
}

/** After a collection: what is in use, and not what the collector had not come to. */
function bytesInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function startProcess(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (child.pid !== undefined) setPriority(child.pid, NICE);
  return child;
}

function startWorkers(
  { url }: BenchNats,
  pool: string,
  { processes, workers, slots }: Omit<typeof LONG_FLEET, 'parcelSize'>,
): readonly ChildProcess[] {
  const each = Math.ceil(workers / processes);
  return Array.from({ length: processes }, () =>
    startProcess([compiledModule('bench/null-worker'), url, pool, String(each), String(slots)]),
  );
}

async function inPlace<Value>(work: (nats: BenchNats, folder: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
  const nats = await openNats(folder);
  try {
    return await work(nats, folder);
  } finally {
    await nats.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function summarize(
  [early, late]: readonly [Point, Point],
  { fleets, tasks }: { readonly fleets: readonly Point[]; readonly tasks: number },
): BenchCase & { readonly cases: readonly BenchCase[] } {
  const cost = late.microseconds / early.microseconds;
  const bytes = Math.max(1, (late.bytes - early.bytes) / (tasks - EARLY_TASKS));
  const delayMs = Math.max(...[...fleets, early, late].map((point) => point.delayMs));
  const one = {
    ...{ name: 'scale', unit: 'µs of CPU per task', ours: late.microseconds, peer: early.microseconds },
    ...{ peerName: `the same at ${EARLY_TASKS} tasks`, ratio: 1 / cost },
  };
  const bars = [
    { name: 'cost of a history', unit: 'times', ours: cost, peer: COST_BAR, passed: cost <= COST_BAR },
    {
      name: 'memory left by a task',
      unit: 'bytes',
      ours: bytes,
      peer: BYTES_BAR,
      passed: bytes <= BYTES_BAR,
    },
    {
      ...{ name: 'event loop delay p99', unit: 'ms', ours: delayMs, peer: DELAY_BAR_MS },
      passed: delayMs < DELAY_BAR_MS,
    },
  ];
  return {
    ...one,
    cases: [one, ...bars.map((bar) => ({ ...bar, peerName: 'bar', ratio: bar.peer / bar.ours }))],
  };
}
