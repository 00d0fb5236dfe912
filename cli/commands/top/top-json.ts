import { encodeMetrics } from '../../../core/ledger/record-text.js';
import type { Look } from './take-look.js';

/** A look for machines; `pools` is absent while it cannot be told, with `poolsUnknown` saying why. */
export function topJson({ runs, fleet, pools, over }: Look): unknown {
  return {
    over,
    runs: runs.map(({ run, progress }) => ({
      ...{ id: run.id, name: run.name, state: run.state, reason: run.reason },
      iterations: progress?.iterations,
      ...(progress?.last === undefined ? {} : { lastMetrics: encodeMetrics(progress.last.metrics) }),
    })),
    workers: fleet.workers,
    refusedWorkers: fleet.refused,
    ...(typeof pools === 'string' ? { poolsUnknown: pools } : { pools }),
  };
}
