import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { MajlisError } from '../core/errors.js';
import { systemClock } from '../core/runtime/clock.js';
import { compiledModule } from '../core/runtime/package-root.js';
import { BENCH_PYTHON, SERVE_PEER } from './serve-inputs.js';
import { loadResultSchema, type LoadResult, type LoadTask } from './serve-load.js';

/** A server under test. */
export interface ServedSide {
  readonly port: number;
  /** Of our gRPC face. */
  readonly grpcPort?: number;
  /** Processor time that it has used, in seconds. */
  cpu(): number;
  close(): Promise<void>;
}

const PATIENCE_MS = 60_000;
const POLL_MS = 50;
/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

/** Our own server as users start it, with a file that says what it serves. */
export async function startMajlis(config: string): Promise<ServedSide> {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const faces = ['--http', `127.0.0.1:${port}`, '--grpc', `127.0.0.1:${grpcPort}`];
  const args = [compiledModule('cli/main'), 'reward', 'serve', '--config', config, ...faces];
  return {
    ...(await started(spawn(process.execPath, args, { stdio: 'ignore' }), [port, grpcPort])),
    grpcPort,
  };
}

/** The peer; what it logs goes where a deployment's goes that nobody reads. */
export async function startPeer(model: string, { logs }: { readonly logs: boolean }): Promise<ServedSide> {
  if (!existsSync(BENCH_PYTHON)) {
    const advice = 'node scripts/setup-python.mjs makes it, then pip install -r bench/requirements.txt in it';
    throw new MajlisError(`${BENCH_PYTHON} is missing: ${advice}.`, { code: 'failed_precondition' });
  }
  const port = await freePort();
  const args = [SERVE_PEER, model, String(port), ...(logs ? [] : ['--quiet'])];
  return started(spawn(BENCH_PYTHON, args, { stdio: 'ignore' }), [port]);
}

async function started(child: ChildProcess, ports: readonly number[]): Promise<ServedSide> {
  const ended = once(child, 'close');
  const deadline = systemClock.monotonic() + PATIENCE_MS;
  for (const port of ports) {
    while (!(await listens(port))) {
      const isLate = systemClock.monotonic() > deadline;
      if (child.exitCode === null && !isLate) await setTimeout(POLL_MS);
      else throw new MajlisError(`${child.spawnargs.join(' ')} does not serve`, { code: 'internal' });
    }
  }
  return {
    port: ports[0],
    cpu: () => processorSeconds(child.pid),
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function processorSeconds(pid: number | undefined): number {
  const [, behindName] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = behindName.split(' ').slice(11, 13).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The process that asks. */
export interface LoadProcess {
  play(task: LoadTask): Promise<LoadResult>;
  close(): void;
}

const failureSchema = z.object({ failed: z.string() });

export function startLoad(): LoadProcess {
  const child = fork(compiledModule('bench/serve-load'));
  return {
    play: async (task) => {
      const told = once(child, 'message');
      child.send(task);
      const [message] = (await told) as unknown[];
      const failure = failureSchema.safeParse(message);
      if (failure.success) throw new MajlisError(failure.data.failed, { code: 'internal' });
      return loadResultSchema.parse(message);
    },
    close: () => child.disconnect(),
  };
}
