import type { Run } from '../../domain/run.js';
import type { RunState } from '../../domain/run-state.js';

/** Figures of one iteration by name; a name may be missing, a value may be NaN or infinite. docs/metrics.md explains each. */
export type Metrics = Readonly<Record<string, number>>;

/** What a sink is told of the run whose figures it takes, once, when it is opened. `config` is canonical JSON. */
export type MeasuredRun = Pick<Run, 'id' | 'name' | 'config' | 'createdAtMs'>;

/**
 * Where a run's figures go for people to look at. The ledger holds the same figures and is the truth: a sink may be
 * deleted, and is filled again by writing what the ledger has.
 *
 * Steps only go forward. A step that is not after the last one in the sink changes nothing and is no error, also in
 * another process: after a crash one may write every iteration again. Calls may overlap; they take effect in order.
 */
export interface MetricsSink {
  /** Resolves when the figures are where a reader finds them. `atMs` is when the iteration ended. */
  write(step: number, metrics: Metrics, atMs: number): Promise<void>;
  /**
   * The last call, once. `state` is where this process leaves the run: a run that has not ended can be opened again.
   * A write after it is `failed_precondition`.
   */
  finish(state: RunState): Promise<void>;
}
