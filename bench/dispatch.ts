import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeRolloutTask, encodeTrajectoryGroup } from '../core/rpc/rollout-codec.js';
import { systemClock } from '../core/runtime/clock.js';
import { compiledModule } from '../core/runtime/package-root.js';
import { answerTask } from '../workers/rollout/answer-task.js';
import { BenchDispatcher } from './bench-dispatcher.js';
import { median, type BenchCase, type Benchmark } from './bench-result.js';
import { openRay } from './dispatch-ray.js';
import { openNats } from './nats-server.js';
import { GROUP, NULL_POLICY, NullEngine, nullDecoder, nullPrompt, SAMPLING } from './null-rollouts.js';

const WORKERS = 2;
/** As many in flight as the peer has calls: 1,024 over all workers. */
const SLOTS = 512;
/** As an operator of such short tasks would set `--tasks-per-parcel`. */
const PARCEL_SIZE = 16;
const TASKS = 2000;
const ITERATIONS = 8;
const ROUNDS = 5;
/** Of both, until ours is compiled by the engine it runs on. */
const WARM_UP_ROUNDS = 3;
const BAR = 3;

/** Tasks per second of the whole way beside pipelined Ray actor calls with the same bytes, in turn in one run. */
export const dispatch: Benchmark = {
  summary: 'rollout tasks per second, issued to committed, against pipelined Ray actor calls',
  run: async (_args, print) => {
    const folder = await mkdtemp(join(tmpdir(), 'majlis-bench-'));
    const nats = await openNats(folder);
    const ours = await BenchDispatcher.open(
      { url: nats.url, folder },
      { tasksPerIteration: TASKS, parcelSize: PARCEL_SIZE },
    );
    const args = [compiledModule('bench/null-worker'), nats.url, ours.pool, '1', String(SLOTS)];
    const workers = Array.from({ length: WORKERS }, () =>
      spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const bytes = await wireBytes();
    const ray = await openRay({ actors: WORKERS, ...bytes });
    try {
      print(
        `${WORKERS} worker processes on either side; ${PARCEL_SIZE} tasks to a parcel; a task has ${bytes.taskBytes} bytes, a result ${bytes.resultBytes}; ray ${ray.version}`,
      );
      const rounds = await playRounds(ours, (calls) => ray.play(calls), print);
      return summarize(rounds);
    } finally {
      for (const worker of workers) worker.kill('SIGKILL');
      await ray.close();
      await ours.close();
      await nats.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

interface Round {
  readonly ours: number;
  readonly peer: number;
}

async function playRounds(
  ours: BenchDispatcher,
  peer: (calls: number) => Promise<number>,
  print: (line: string) => void,
): Promise<readonly Round[]> {
  const calls = TASKS * ITERATIONS;
  const rounds: Round[] = [];
  for (let round = 1 - WARM_UP_ROUNDS; round <= ROUNDS; round += 1) {
    const began = systemClock.monotonic();
    const cpu = process.cpuUsage();
    for (let iteration = 0; iteration < ITERATIONS; iteration += 1) await ours.play();
    const seconds = (systemClock.monotonic() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const speeds = { ours: calls / seconds, peer: calls / (await peer(calls)) };
    print(
      `round ${round}: ours ${speeds.ours.toFixed(0)} tasks/s (coordinator ${((user + system) / calls).toFixed(0)} µs of CPU each), ray ${speeds.peer.toFixed(0)} calls/s`,
    );
    if (round > 0) rounds.push(speeds);
  }
  return rounds;
}

function summarize(rounds: readonly Round[]): BenchCase & { readonly cases: readonly BenchCase[] } {
  const ratio = median(rounds.map(({ ours, peer }) => ours / peer));
  const one = {
    name: 'dispatch',
    unit: 'tasks/s',
    ours: median(rounds.map(({ ours }) => ours)),
    peer: median(rounds.map(({ peer }) => peer)),
    peerName: 'pipelined Ray actor calls',
    ratio,
  };
  const bar = { name: 'times Ray', unit: 'times', ours: ratio, peer: BAR, peerName: 'bar' };
  return { ...one, cases: [one, { ...bar, ratio: ratio / BAR, passed: ratio >= BAR }] };
}

/** Bytes of one task and one result, as they are on the wire. */
async function wireBytes(): Promise<{ readonly taskBytes: number; readonly resultBytes: number }> {
  const task = {
    ...{ id: '0'.repeat(64), run: 'bench', iteration: 0, prompt: nullPrompt(0), groupSize: GROUP, seed: 1 },
    ...{ policyVersion: 0, policyHash: NULL_POLICY.hash, rubricHash: 'rubric', rewardModelHash: 'reward' },
    sampling: SAMPLING,
  };
  const { signal } = new AbortController();
  const result = await answerTask(task, { engine: new NullEngine(), decoder: nullDecoder, signal });
  return { taskBytes: encodeRolloutTask(task).length, resultBytes: encodeTrajectoryGroup(result).length };
}
