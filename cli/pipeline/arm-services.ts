import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { Bus } from '../../core/bus/bus.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { RunDemand } from '../../coordinator/demand/run-demand.js';
import type { Logger } from '../../core/telemetry/logger.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import type { Fleet } from '../fleet/fleet.js';

/** What the arms of one process share. */
export interface ArmServices {
  readonly bus: Bus;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly trainer: Trainer;
  readonly scorer: Scorer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ProcessRegistry;
  readonly tracer: Tracer;
  /** What rollout workers are scaled by. */
  readonly demand: RunDemand;
  /** Runs that this process is at work on. */
  readonly atWork: Set<string>;
  /** Rollout workers in processes of their own, where there are such: then they sample, and none in this process. */
  readonly fleet?: Fleet;
}
