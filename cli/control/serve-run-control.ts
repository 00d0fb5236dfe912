import { randomBytes } from 'node:crypto';

import type { Run } from '../../core/domain/run.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import { startRpcServer } from '../../core/rpc/server.js';
import { authorizeToken } from '../../core/trust/authorize.js';
import { localUser } from '../../core/trust/local-user.js';
import { LedgerRunControl } from '../../coordinator/control/ledger-run-control.js';
import type { RunRequest } from '../../coordinator/control/run-control.js';
import { coordinatorService } from '../../coordinator/rpc/coordinator-service.js';
import { removeCoordinatorFile, writeCoordinatorFile } from './coordinator-file.js';
import { MOST_MESSAGE_BYTES, SOFTWARE } from './protocol-limits.js';
import { setWithRubric } from './stored-rubric-sets.js';
import { rubricForSwap } from './stored-rubrics.js';

export interface ServeRunControlOptions {
  /** Open, and owned by this process. Whoever opened it closes it, after the server. */
  readonly ledger: Ledger;
  readonly workspaceFolder: string;
  readonly clock: Clock;
  /** Whether this process runs the run now: asked at every command, so it may change. */
  isAtWork(run: string): boolean;
  /** Compiles a run file and creates the run, queued. Absent: creating runs is refused with the next step. */
  createRun?(request: RunRequest): Promise<Run>;
  /** Longest silence of a watch; 3 s unless told. */
  readonly heartbeatMs?: number;
}

export interface RunControlServer {
  /** host:port, on loopback. */
  readonly address: string;
  /** Takes the workspace's coordinator file away, sends watchers what is durable, and stops. */
  close(): Promise<void>;
}

const TOKEN_BYTES = 32;

/**
 * Serves run control to the terminals of this machine while a process owns the ledger. The address and a token that is
 * new each time stand in `<workspace>/coordinator.json`, for this user alone.
 */
export async function serveRunControl(options: ServeRunControlOptions): Promise<RunControlServer> {
  const { ledger, workspaceFolder, clock, heartbeatMs } = options;
  const stopping = new AbortController();
  const control = new LedgerRunControl({
    ledger,
    clock,
    isAtWork: (run) => options.isAtWork(run),
    ...(options.createRun === undefined ? {} : { createRun: options.createRun.bind(options) }),
    describeRubric: (name) => rubricForSwap(workspaceFolder, name),
    placeRubric: (inForce, hash) => setWithRubric(workspaceFolder, inForce, hash),
    ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
  });
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const server = await startRpcServer({
    services: [coordinatorService({ control, software: SOFTWARE, stopping: stopping.signal })],
    authorize: authorizeToken(token, { name: localUser(), role: 'admin' }),
    maxMessageBytes: MOST_MESSAGE_BYTES,
    clock,
  });
  const close = async (): Promise<void> => {
    try {
      await removeCoordinatorFile(workspaceFolder, token);
    } finally {
      stopping.abort();
      await server.close();
    }
  };
  const startedAt = new Date(clock.now()).toISOString();
  const { address } = server;
  try {
    await writeCoordinatorFile(workspaceFolder, { address, pid: process.pid, startedAt, token });
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { address, close };
}
