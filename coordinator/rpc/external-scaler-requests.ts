import { z } from 'zod';
import { BadInputError } from '../../core/errors.js';
import { identifier, message } from '../../core/rpc/message-fields.js';
import { parseMessage } from '../../core/rpc/parse-message.js';

/** The one metric of a pool, by the name that it has in a HorizontalPodAutoscaler. */
export const DEMAND_METRIC = 'majlis-demand';

/** What a ScaledObject asks. */
export interface ScaledPool {
  readonly pool: string;
  /** Prompt groups of demand for each worker; below the slots of a worker it asks for more workers than there is work. */
  readonly targetPerWorker: number;
}

const DECIMAL = /^\d+(?:\.\d+)?$/;
const A_TARGET = 'a number above 0, such as 4';

/** KEDA sends all of a trigger's metadata, with what is meant for its own connection: other keys are not ours to refuse. */
const scaledObject = message({
  scalerMetadata: z.object({
    pool: z.string({ error: 'the name of a pool' }).min(1, { error: 'the name of a pool' }),
    targetPerWorker: z
      .string()
      .regex(DECIMAL, { error: A_TARGET })
      .transform(Number)
      .refine((value) => value > 0, { error: A_TARGET })
      .default(1),
  }),
}).transform(({ scalerMetadata }): ScaledPool => scalerMetadata);

/** Reads a ScaledObjectRef; metadata that does not say what to scale is a BadInputError, and so is a pool that is not here. */
export function parseScaledObject(reference: unknown, pools: readonly string[]): ScaledPool {
  const source = 'message externalscaler.ScaledObjectRef';
  const scaled = parseMessage(scaledObject, reference, source);
  if (pools.includes(scaled.pool)) return scaled;
  throw new BadInputError({
    source,
    place: 'scaler_metadata.pool',
    found: JSON.stringify(scaled.pool),
    allowed: pools.length === 0 ? 'no pool: this process serves none' : `one of ${pools.join(', ')}`,
  });
}

const metricsRequest = message({
  scaledObjectRef: z.unknown(),
  metricName: identifier.refine((name) => name === DEMAND_METRIC, { error: DEMAND_METRIC }),
});

/** Reads a GetMetricsRequest, as the above; a metric other than the one is a BadInputError. */
export function parseMetricsRequest(request: unknown, pools: readonly string[]): ScaledPool {
  const { scaledObjectRef } = parseMessage(
    metricsRequest,
    request,
    'message externalscaler.GetMetricsRequest',
  );
  return parseScaledObject(scaledObjectRef, pools);
}
