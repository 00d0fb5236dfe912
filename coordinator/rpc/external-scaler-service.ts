/**
 * KEDA's external scaler over the demand of pools, so that workers are scaled by what the run can use and not by how long a
 * queue is. It only tells numbers; nothing can be asked of a run here.
 *
 * - Active is a pool with demand, whether or not a worker is there: this is the way up from zero.
 * - A pool at rest has demand 0 and is inactive; KEDA's cooldown decides when its last worker goes.
 * - What cannot be told is an error, never 0: KEDA then keeps the workers that there are, or its `fallback`.
 */
import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { ExternalScalerService } from '../../proto/gen/externalscaler/externalscaler.js';
import type * as wire from '../../proto/gen/externalscaler/externalscaler.js';
import { MajlisError } from '../../core/errors.js';
import { handleUnary } from '../../core/rpc/handle-unary.js';
import type { RpcService } from '../../core/rpc/server.js';
import { toGrpcStatus } from '../../core/rpc/status.js';
import type { FleetDemand } from '../demand/fleet-demand.js';
import { Change } from '../dispatch/change.js';
import { DEMAND_METRIC, parseMetricsRequest, parseScaledObject } from './external-scaler-requests.js';

export interface ExternalScalerOptions {
  readonly demand: FleetDemand;
  /** Fires when the process stops: streams end as `unavailable`, and KEDA connects anew. */
  readonly stopping: AbortSignal;
}

type StreamCall = ServerWritableStream<wire.ScaledObjectRef, wire.IsActiveResponse>;

/** The service as a server takes it. */
export function externalScalerService({ demand, stopping }: ExternalScalerOptions): RpcService {
  const implementation: wire.ExternalScalerServer = {
    isActive: handleUnary(async (request: wire.ScaledObjectRef) => {
      const { pool } = parseScaledObject(request, demand.pools);
      return { result: (await demand.demandOf(pool)) > 0 };
    }),
    streamIsActive: (call: StreamCall) => void serveActivity(call, demand, stopping),
    getMetricSpec: handleUnary(async (request: wire.ScaledObjectRef) => {
      const { targetPerWorker } = parseScaledObject(request, demand.pools);
      // The whole number is for a KEDA that does not know fractions, which takes 0 for a mistake.
      const targetSize = Math.max(1, Math.round(targetPerWorker));
      return { metricSpecs: [{ metricName: DEMAND_METRIC, targetSize, targetSizeFloat: targetPerWorker }] };
    }),
    getMetrics: handleUnary(async (request: wire.GetMetricsRequest) => {
      const { pool } = parseMetricsRequest(request, demand.pools);
      const value = await demand.demandOf(pool);
      return { metricValues: [{ metricName: DEMAND_METRIC, metricValue: value, metricValueFloat: value }] };
    }),
  };
  return { definition: ExternalScalerService, implementation };
}

/** Writes whether the pool is active, first at once and then whenever that changes. */
async function serveActivity(call: StreamCall, demand: FleetDemand, stopping: AbortSignal): Promise<void> {
  const gone = new AbortController();
  call.once('cancelled', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, stopping]);
  const change = new Change();
  const wake = (): void => change.happened();
  signal.addEventListener('abort', wake);
  const stopListening = demand.onChange(wake);
  try {
    const { pool } = parseScaledObject(call.request, demand.pools);
    let told: boolean | undefined;
    while (!signal.aborted) {
      const changed = change.next();
      const result = (await demand.demandOf(pool)) > 0;
      if (result !== told && !call.write({ result })) await once(call, 'drain', { signal });
      told = result;
      await changed;
    }
    if (!gone.signal.aborted) throw processStops();
  } catch (thrown) {
    if (!gone.signal.aborted) call.emit('error', toGrpcStatus(stopping.aborted ? processStops() : thrown));
  } finally {
    signal.removeEventListener('abort', wake);
    stopListening();
  }
}

function processStops(): MajlisError {
  return new MajlisError('the process that issues tasks is stopping', { code: 'unavailable' });
}
