import type { Run } from '../../core/domain/run.js';
import { poolStatuses } from '../../coordinator/demand/pool-status.js';
import { RunDemand } from '../../coordinator/demand/run-demand.js';
import type { RunRequest } from '../../coordinator/control/run-control.js';
import type { Fleet } from '../fleet/fleet.js';
import { serveRunControl, type PublicListener } from '../control/serve-run-control.js';
import { offerCertificateGauge, offerCoordinatorGauges } from '../telemetry/coordinator-gauges.js';
import { openTelemetry } from '../telemetry/process-telemetry.js';
import { rpcTelemetry } from '../telemetry/rpc-telemetry.js';
import { openMetricsPlan, type MetricsChoice, type MetricsPlan } from './run-metrics.js';
import { openWorkspace, type Workspace } from './workspace.js';

export interface ServedWorkspaceOptions {
  readonly workspace: string;
  /** Where figures go besides the ledger; the run's folder as JSON lines and TensorBoard events unless told. */
  readonly metrics?: MetricsChoice;
  /** What stands between runs and their services: nothing unless told, faults in a rehearsed crash. */
  readonly services?: (workspace: Workspace) => Workspace;
  /** Opens the rollout workers of other processes; without it, this process samples. */
  readonly fleet?: FleetOpener;
  /** Queues a run that a terminal asks for; creating runs is refused where it is absent. */
  readonly createRun?: (request: RunRequest, workspace: Workspace) => Promise<Run>;
  /** Serves run control to other machines there, too. */
  readonly listener?: PublicListener;
  /** Told when the workspace is open and run control is served. */
  readonly onServed?: () => void;
  /** Takes a sentence for whoever watches the process. */
  readonly say?: (sentence: string) => void;
}

/** Opens a fleet over a workspace. */
export type FleetOpener = (workspace: Workspace) => Promise<Fleet>;

/** A workspace that this process owns, and that other terminals steer it by. */
export interface ServedWorkspace {
  readonly workspace: Workspace;
  readonly metrics: MetricsPlan;
}

const TRAINER_THREADS = 2;

/** Lends a workspace for some work, with run control and metrics served as long as it lasts. */
export async function withServedWorkspace<Value>(
  options: ServedWorkspaceOptions,
  work: (served: ServedWorkspace) => Promise<Value>,
): Promise<Value> {
  const { traceUrl } = options.metrics ?? {};
  const telemetry = await openTelemetry({ service: 'majlis-coordinator', traceUrl });
  try {
    const opened = await openWorkspace(options.workspace, TRAINER_THREADS, telemetry);
    const workspace = options.services?.(opened) ?? opened;
    try {
      return await withFleet(workspace, options, work);
    } finally {
      await workspace.close();
    }
  } finally {
    await telemetry.close();
  }
}

async function withFleet<Value>(
  workspace: Workspace,
  options: ServedWorkspaceOptions,
  work: (served: ServedWorkspace) => Promise<Value>,
): Promise<Value> {
  const fleet = await options.fleet?.(workspace);
  if (fleet === undefined) return serve(workspace, options, work);
  try {
    const demand = new RunDemand(workspace.ledger, [fleet.pool]);
    return await serve({ ...workspace, fleet, demand, bus: fleet.bus }, options, work);
  } finally {
    await fleet.close();
  }
}

async function serve<Value>(
  workspace: Workspace,
  { metrics: choice = {}, createRun, listener, say, onServed }: ServedWorkspaceOptions,
  work: (served: ServedWorkspace) => Promise<Value>,
): Promise<Value> {
  const { ledger, folder, clock, atWork, demand, fleet } = workspace;
  const metrics = await openMetricsPlan(choice, workspace.metrics);
  offerCoordinatorGauges(workspace.metrics, workspace);
  offerCertificateGauge(workspace.metrics, listener?.tls);
  if (metrics.url !== undefined) say?.(`majlis: metrics at ${metrics.url}`);
  try {
    const control = await serveRunControl({
      ledger,
      workspaceFolder: folder,
      clock,
      isAtWork: (run) => atWork.has(run),
      ...(fleet === undefined ? {} : { registry: fleet.registry, token: fleet.localToken }),
      demand,
      pools: () => poolStatuses(workspace),
      telemetry: rpcTelemetry(workspace),
      ...(createRun === undefined
        ? {}
        : { createRun: (request: RunRequest) => createRun(request, workspace) }),
      ...(listener === undefined ? {} : { listener }),
      ...(say === undefined ? {} : { say }),
    });
    if (control.publicAddress !== undefined) say?.(`majlis: serving run control at ${control.publicAddress}`);
    onServed?.();
    try {
      return await work({ workspace, metrics: metrics.plan });
    } finally {
      await control.close();
    }
  } finally {
    await metrics.close();
  }
}
