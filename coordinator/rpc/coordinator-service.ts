/**
 * CoordinatorService over run control. Requests are checked here and nowhere after; what run control throws becomes the
 * call's status.
 */
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { CoordinatorServiceService } from '../../proto/gen/majlis/v1/coordinator.js';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import type { PoolStatus } from '../../core/domain/pool-status.js';
import { MajlisError } from '../../core/errors.js';
import { poolsToMessage } from '../../core/rpc/convert-pool.js';
import { fleetToMessage } from '../../core/rpc/convert-worker.js';
import { runToMessage } from '../../core/rpc/convert-run.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import { answerHello } from '../../core/rpc/negotiate-protocol.js';
import type { RpcService } from '../../core/rpc/server.js';
import { toGrpcStatus } from '../../core/rpc/status.js';
import type { ControlOutcome, RunControl, WatchItem } from '../control/run-control.js';
import type { WorkerRegistry } from '../fleet/worker-registry.js';
import { serveWorker } from './attach-worker.js';
import { controlRequests } from './control-requests.js';
import {
  descriptionToMessage,
  outcomeToMessage,
  summaryToMessage,
  watchItemToMessage,
} from './convert-run-control.js';

export interface CoordinatorServiceOptions {
  readonly control: RunControl;
  /** Name and version of the software, for logs of the peer. */
  readonly software: string;
  /** Fires when the process stops: watches of runs that go on end as `unavailable`, so that their clients look for another. */
  readonly stopping: AbortSignal;
  /** The fleet; without it a worker's session is UNIMPLEMENTED, and the list of workers empty. */
  readonly registry?: WorkerRegistry | undefined;
  /** Where the work of each pool stands; without it the list is empty. */
  readonly pools?: (() => Promise<readonly PoolStatus[]>) | undefined;
}

type WatchCall = ServerWritableStream<wire.WatchRunRequest, wire.WatchRunResponse>;

/** The service as a server takes it. */
export function coordinatorService(options: CoordinatorServiceOptions): RpcService {
  const { control, software, stopping, registry, pools } = options;
  const command = <Request>(ask: (request: Request) => Promise<ControlOutcome>) =>
    handleUnary(async (request: Request) => ({ outcome: outcomeToMessage(await ask(request)) }));
  const implementation: wire.CoordinatorServiceServer = {
    attachWorker: (call) => {
      if (registry === undefined) call.emit('error', toGrpcStatus(noFleet()));
      else serveWorker(call, { registry, software, stopping });
    },
    listWorkers: handleUnary(async () => fleetToMessage(registry?.status() ?? { workers: [], refused: {} })),
    listPools: handleUnary(async () => poolsToMessage((await pools?.()) ?? [])),
    greet: handleUnary(async ({ hello }: wire.GreetRequest) => ({ hello: answerHello(hello, software) })),
    createRun: handleUnary(async (request) => {
      const run = await control.createRun(controlRequests.createRun(request));
      return { run: runToMessage(run) };
    }),
    getRun: handleUnary(async (request) =>
      descriptionToMessage(await control.describeRun(controlRequests.getRun(request).run)),
    ),
    listRuns: handleUnary(async (request) => {
      const runs = await control.listRuns(controlRequests.listRuns(request));
      return { runs: runs.map(summaryToMessage) };
    }),
    watchRun: (call: WatchCall) => void serveWatch(call, control, stopping),
    pauseRun: command(async (request: wire.PauseRunRequest) => {
      const { run, reason } = controlRequests.pauseRun(request);
      return control.pauseRun(run, reason);
    }),
    resumeRun: command(async (request: wire.ResumeRunRequest) =>
      control.resumeRun(controlRequests.resumeRun(request).run),
    ),
    cancelRun: command(async (request: wire.CancelRunRequest) => {
      const { run, reason } = controlRequests.cancelRun(request);
      return control.cancelRun(run, reason);
    }),
    swapRubric: command(async (request: wire.SwapRubricRequest) => {
      const { run, ...swap } = controlRequests.swapRubric(request);
      return control.swapRubric(run, swap);
    }),
    shadowRubric: command(async (request: wire.ShadowRubricRequest) => {
      const { run, ...candidate } = controlRequests.shadowRubric(request);
      return control.shadowRubric(run, candidate);
    }),
    stopShadow: command(async (request: wire.StopShadowRequest) =>
      control.stopShadow(controlRequests.stopShadow(request).run),
    ),
    rollBackRun: command(async (request: wire.RollBackRunRequest) => {
      const { run, to } = controlRequests.rollBackRun(request);
      return control.rollBackRun(run, to);
    }),
  };
  return { definition: CoordinatorServiceService, implementation, sessions: ['attachWorker', 'watchRun'] };
}

/** Writes a watch to its end, no faster than the client reads it. */
async function serveWatch(call: WatchCall, control: RunControl, stopping: AbortSignal): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stopping]);
  try {
    const { run, afterSequence } = controlRequests.watchRun(call.request);
    let last: WatchItem | undefined;
    for await (const item of control.watchRun(run, afterSequence, signal)) {
      if (gone.signal.aborted) return;
      last = item;
      if (!call.write(watchItemToMessage(item))) await once(call, 'drain', { signal: gone.signal });
    }
    // After the event that ends the run there is no heartbeat.
    if (stopping.aborted && last?.kind === 'heartbeat') throw processStops();
    call.end();
  } catch (thrown) {
    if (!gone.signal.aborted) call.emit('error', toGrpcStatus(thrown));
  }
}

function noFleet(): MajlisError {
  const message =
    'this process has no fleet: start it with --bus, so that workers of other processes can join';
  return new MajlisError(message, { code: 'unimplemented' });
}

function processStops(): MajlisError {
  return new MajlisError('the process that runs it is stopping', { code: 'unavailable' });
}
