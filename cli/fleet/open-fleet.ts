import { hostname } from 'node:os';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { PutQuota } from '../../core/artifacts/http/put-quota.js';
import { serveArtifacts } from '../../core/artifacts/http/serve-artifacts.js';
import { NatsBus } from '../../core/bus/nats-bus.js';
import { coordinatorSubjects } from '../../core/bus/nats/permitted-subjects.js';
import { claimPool } from '../../core/bus/nats/pool-claim.js';
import type { PoolClaim } from '../../core/bus/nats/pool-claim.js';
import type { ArtifactsPlace } from '../../core/config/artifacts-place.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { busMetrics } from '../../core/telemetry/metrics/bus-metrics.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Authorize } from '../../core/trust/authorize.js';
import { authorizeToken } from '../../core/trust/authorize.js';
import { localUser } from '../../core/trust/local-user.js';
import { FleetPolicies } from '../../coordinator/fleet/fleet-policies.js';
import { PoolTurns } from '../../coordinator/fleet/pool-turns.js';
import { WorkerRegistry } from '../../coordinator/fleet/worker-registry.js';
import type { FleetObserver } from '../../coordinator/fleet/worker-registry.js';
import { newLocalToken } from '../control/serve-run-control.js';
import type { PublicListener } from '../control/serve-run-control.js';
import { allFleetObservers } from '../telemetry/all-fleet-observers.js';
import { fleetMetricsObserver } from '../telemetry/fleet-metrics-observer.js';
import type { HealthFlags } from '../trust/health-flags.js';
import type { ServerTrustFlags } from '../trust/server-trust-flags.js';
import { annotatePod } from './annotate-pod.js';
import { busTrust } from './bus-flags.js';
import type { BusFlags } from './bus-flags.js';
import type { Fleet } from './fleet.js';
import { loggedBus } from './logged-bus.js';
import { openDepot } from './open-depot.js';
import type { Depot } from './open-depot.js';
import { RemovalCosts } from './removal-costs.js';
import { workspaceId } from './workspace-id.js';

/** A coordinator that waited for its bus longer could not be told to stop, nor say that it waits. */
const BUS_PATIENCE_MS = 2000;
const GIB = 2 ** 30;

/** Flags of whoever coordinates a fleet, as commander parses them. */
export interface FleetFlags extends BusFlags, ServerTrustFlags, HealthFlags {
  readonly artifactsPort?: number;
  /** Copies of each stream that is made anew. */
  readonly busReplicas?: number;
  /** 1 unless told. */
  readonly tasksPerParcel?: number;
  /** In GiB, of each worker's token; 64 unless told. */
  readonly artifactsQuota?: number;
  /** Where policies and large messages are kept; in the workspace unless told. */
  readonly artifacts?: ArtifactsPlace;
  /** The pods of a namespace in Kubernetes' API: each worker's is told what its removal costs. */
  readonly annotatePods?: string;
}

/** What a fleet is opened over. */
export interface FleetContext {
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProcessRegistry;
  readonly tracer?: Tracer;
  /** Where other machines attach and fetch, if they may. */
  readonly listener?: PublicListener;
}

type Flags = FleetFlags & { readonly bus: readonly string[] };

/** Connects to the bus and opens what workers attach to and fetch from. Whatever fails closes what was opened. */
export async function openFleet(flags: Flags, context: FleetContext): Promise<Fleet> {
  const { pool } = flags;
  const { clock, logger, metrics } = context;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const taken = new AbortController();
    const claim = await claimed(flags, context, (by) => taken.abort(poolLost(pool, by)));
    closers.push(() => claim.release());
    const depot = await openDepot(flags.artifacts, context);
    closers.push(() => depot.close());
    const bus = await connect(flags, depot.forBus, context);
    closers.push(() => bus.close());
    const localToken = newLocalToken();
    const offered = await offer(flags, context, depot, localToken);
    closers.push(() => offered.close());
    const { publish, port: artifactsPort } = offered;
    const observer = allFleetObservers(fleetMetricsObserver(metrics, pool), logged(logger));
    const options = { pool, epoch: claim.epoch, clock, artifactsPort, observer };
    const registry = new WorkerRegistry(options);
    closers.push(() => registry.close());
    const costs = tellCosts(flags, context, registry);
    closers.push(() => costs?.close());
    return {
      ...{ pool, parcelSize: flags.tasksPerParcel ?? 1 },
      ...{ bus, registry, turns: new PoolTurns(), lost: taken.signal, localToken, close },
      policiesOf: (run) => new FleetPolicies({ run, registry, publish }),
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Kubernetes removes the pods first whose annotation is lowest; a worker is named after its pod. */
function tellCosts(
  { annotatePods: pods }: Flags,
  { clock, logger }: FleetContext,
  registry: WorkerRegistry,
): RemovalCosts | undefined {
  if (pods === undefined) return undefined;
  return new RemovalCosts({
    clock,
    workers: () => registry.status().workers,
    tell: (pod, cost) =>
      annotatePod({ pods, pod, annotations: { 'controller.kubernetes.io/pod-deletion-cost': String(cost) } }),
    onFailure: ({ message }) => logger.warn(`a pod was not told what its removal costs: ${message}`),
  });
}

async function connect(
  flags: Flags,
  artifacts: ArtifactStore,
  { clock, metrics, logger }: FleetContext,
): Promise<NatsBus> {
  const { bus: url, release, busReplicas: replicas } = flags;
  const { inboxPrefix } = coordinatorSubjects(release);
  const observer = loggedBus(busMetrics(metrics), logger);
  const trust = await busTrust(flags);
  const asked = { url, release, clock, artifacts, inboxPrefix, observer, patienceMs: BUS_PATIENCE_MS };
  return NatsBus.connect({ ...asked, ...trust, ...(replicas === undefined ? {} : { replicas }) });
}

/** No two coordinators issue tasks to one pool. The claim has a connection of its own, so that a busy bus cannot delay it. */
async function claimed(
  flags: Flags,
  { clock, folder, logger }: FleetContext,
  onLost: (by: string) => void,
): Promise<PoolClaim> {
  const { bus: url, release, pool, busReplicas: replicas } = flags;
  return claimPool({
    ...{ url, release, clock, pool, ...(await busTrust(flags)) },
    ...(replicas === undefined ? {} : { replicas }),
    inboxPrefix: coordinatorSubjects(release).inboxPrefix,
    claimant: await workspaceId(folder),
    described: `process ${process.pid} of ${hostname()}, workspace ${folder}`,
    onLost: (by) => {
      logger.error(`pool ${pool} is this process's no more: ${by}`);
      onLost(by);
    },
  });
}

function poolLost(pool: string, by: string): MajlisError {
  const sentence =
    `pool ${pool} is this process's no more: ${by}; it was away from the bus for too long, so its run was stopped where ` +
    'it was, and goes on by "majlis run --continue RUN" once the pool is free, or at once with another --pool';
  return new MajlisError(sentence, { code: 'failed_precondition' });
}

interface Offered {
  readonly port: number;
  readonly publish: (directory: string) => Promise<string>;
  close(): Promise<void>;
}

/** Serves artifacts at the host where workers attach: to those of this machine by its token, to others as they may attach. */
async function offer(
  { artifactsPort = 0, artifactsQuota = 64 }: Flags,
  { logger, listener, clock, tracer }: FleetContext,
  { forWorkers, publish }: Depot,
  localToken: string,
): Promise<Offered> {
  const local = authorizeToken(localToken, { name: localUser(), role: 'admin' });
  const { host, tls, insecure, authorize } = listener ?? {};
  const isOpen = listener !== undefined && authorize === undefined;
  const server = await serveArtifacts({
    ...{ store: forWorkers, port: artifactsPort, quota: new PutQuota(artifactsQuota * GIB, clock) },
    ...(host === undefined ? {} : { host }),
    ...(tracer === undefined ? {} : { tracer }),
    ...(tls === undefined ? {} : { tls }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(isOpen ? {} : { authorize: authorize === undefined ? local : either(local, authorize) }),
    onFailure: ({ message }) => logger.warn(`an artifact could not be served: ${message}`),
  });
  return { port: server.port, publish, close: () => server.close() };
}

function either(first: Authorize, second: Authorize): Authorize {
  return (...call) => {
    try {
      return first(...call);
    } catch (thrown) {
      if (MajlisError.from(thrown).code !== 'unauthenticated') throw thrown;
      return second(...call);
    }
  };
}

function logged(logger: Logger): FleetObserver {
  return {
    workerRefused: (worker, kind, sentence) => logger.warn(sentence, { worker, refusal: kind }),
    workerGone: (worker, why, held) => {
      if (why === 'silent') logger.warn(`worker ${worker} is gone, with ${held} tasks`, { worker });
    },
    workerCordoned: (worker, refused) =>
      logger.warn(`worker ${worker} stays out: ${refused} of its results were refused`, { worker }),
  };
}
