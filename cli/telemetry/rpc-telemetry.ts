import type { RpcTelemetry } from '../../core/rpc/server.js';
import type { ProcessTelemetry } from './process-telemetry.js';

/** What a process tells of the calls that it answers over gRPC: spans, and a count and a line for what is no message. */
export function rpcTelemetry({
  logger,
  metrics,
  tracer,
}: Pick<ProcessTelemetry, 'logger' | 'metrics' | 'tracer'>): RpcTelemetry {
  const unreadable = metrics.counter('majlis_rpc_unreadable_requests_total');
  return {
    tracer,
    onUnreadable: (method) => {
      unreadable.inc({ method });
      logger.warn('a call was ended for bytes that are no message', { method });
    },
  };
}
