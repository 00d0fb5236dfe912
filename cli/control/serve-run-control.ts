import { randomBytes } from 'node:crypto';

import type { ListenAddress } from '../../core/config/listen-address.js';
import type { Run } from '../../core/domain/run.js';
import type { MajlisError } from '../../core/errors.js';
import type { PoolStatus } from '../../core/domain/pool-status.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import { startRpcServer, type RpcTelemetry } from '../../core/rpc/server.js';
import { AuditLog } from '../../core/trust/audit-log.js';
import { authorizeToken } from '../../core/trust/authorize.js';
import { localUser } from '../../core/trust/local-user.js';
import { LedgerRunControl } from '../../coordinator/control/ledger-run-control.js';
import type { RunRequest } from '../../coordinator/control/run-control.js';
import type { FleetDemand } from '../../coordinator/demand/fleet-demand.js';
import type { WorkerRegistry } from '../../coordinator/fleet/worker-registry.js';
import { coordinatorService } from '../../coordinator/rpc/coordinator-service.js';
import { externalScalerService } from '../../coordinator/rpc/external-scaler-service.js';
import type { ServerTrust } from '../trust/server-trust-flags.js';
import { auditFile } from './audited-run-control.js';
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
  /** What KEDA is told; its questions are UNIMPLEMENTED where it is absent. */
  readonly demand?: FleetDemand;
  /** Where the work of each pool stands. */
  readonly pools?: () => Promise<readonly PoolStatus[]>;
  /** Longest silence of a watch; 3 s unless told. */
  readonly heartbeatMs?: number;
  /** What terminals of this machine show; a new one unless told. */
  readonly token?: string;
  /** Workers attach to it; refused where it is absent. */
  readonly registry?: WorkerRegistry | undefined;
  /** Serves other machines there, too. */
  readonly listener?: PublicListener;
  /** Told of the calls that are answered. */
  readonly telemetry?: RpcTelemetry;
  /** Takes a sentence about something that no caller can be told. */
  readonly say?: (sentence: string) => void;
}

/** Where other machines call, and how they show who they are. */
export interface PublicListener extends ListenAddress, Omit<ServerTrust, 'close'> {}

export interface RunControlServer {
  /** host:port, on loopback. */
  readonly address: string;
  /** host:port for other machines, where they are served. */
  readonly publicAddress?: string;
  /** Takes the workspace's coordinator file away, sends watchers what is durable, and stops. */
  close(): Promise<void>;
}

const TOKEN_BYTES = 32;

/** A token that nobody can guess. */
export function newLocalToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/**
 * Serves run control to the terminals of this machine while a process owns the ledger, and to other machines where a
 * listener is given. The address on this machine and a token that is new each time stand in
 * `<workspace>/coordinator.json`, for this user alone: who shows it is admin. What is asked is written to
 * `<workspace>/audit.jsonl`.
 */
export async function serveRunControl(options: ServeRunControlOptions): Promise<RunControlServer> {
  const { ledger, workspaceFolder, clock, heartbeatMs, listener } = options;
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
  const { registry, token = newLocalToken() } = options;
  const served = {
    name: 'the coordinator',
    services: [
      coordinatorService({
        control,
        software: SOFTWARE,
        stopping: stopping.signal,
        registry,
        pools: options.pools,
      }),
      ...(options.demand === undefined
        ? []
        : [externalScalerService({ demand: options.demand, stopping: stopping.signal })]),
    ],
    audit: {
      log: new AuditLog(auditFile(workspaceFolder), clock),
      onFailure: ({ message }: MajlisError) =>
        options.say?.(`majlis: a refused call is not written down: ${message}`),
    },
    maxMessageBytes: MOST_MESSAGE_BYTES,
    clock,
    ...options.telemetry,
  };
  const owner = authorizeToken(token, { name: localUser(), role: 'admin' });
  const servers = [await startRpcServer({ ...served, authorize: owner })];
  const close = async (): Promise<void> => {
    try {
      await removeCoordinatorFile(workspaceFolder, token);
    } finally {
      stopping.abort();
      await Promise.all(servers.map((server) => server.close()));
    }
  };
  const startedAt = new Date(clock.now()).toISOString();
  const address = servers[0]?.address ?? '';
  try {
    if (listener !== undefined) servers.push(await startRpcServer({ ...served, ...listener }));
    await writeCoordinatorFile(workspaceFolder, { address, pid: process.pid, startedAt, token });
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const [, open] = servers;
  return { address, ...(open === undefined ? {} : { publicAddress: open.address }), close };
}
