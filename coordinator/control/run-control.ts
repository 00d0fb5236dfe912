import type { RecordedControlEvent, Run, RunEvent } from '../../core/domain/run.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { RunState } from '../../core/domain/run-state.js';
import type { IterationRecord, RecordedPolicyVersion } from '../../core/ledger/ledger.js';

/**
 * What people can see of runs and ask of them. The process that owns the ledger implements it over the ledger; a terminal
 * elsewhere has it over gRPC, or over the ledger file where no process owns that. Every implementation answers alike:
 *
 *   unknown run                        not_found
 *   state that does not take it        failed_precondition, naming the state and the states that do
 *   a value that nothing accepts       BadInputError
 *
 * Runs are named by their whole ids. A command is sent once and never repeated by itself.
 */
export interface RunControl {
  /** Queues a run; the process that owns the ledger takes queued runs in the order of their creation. */
  createRun(request: RunRequest): Promise<Run>;
  describeRun(run: string): Promise<RunDescription>;
  /** Every run, oldest first, with how far each is where that is asked for. */
  listRuns(options: { readonly withProgress: boolean }): Promise<readonly RunSummary[]>;
  /**
   * The events after this sequence, history first, then live. Between them heartbeats, the first where history ends. It
   * ends after the event that ends the run; the signal ends it too.
   */
  watchRun(run: string, after: number, signal: AbortSignal): AsyncIterable<WatchItem>;
  pauseRun(run: string, reason?: string): Promise<ControlOutcome>;
  resumeRun(run: string): Promise<ControlOutcome>;
  cancelRun(run: string, reason?: string): Promise<ControlOutcome>;
  swapRubric(run: string, swap: RubricRequest): Promise<ControlOutcome>;
  rollBackRun(run: string, to: RollbackRequest): Promise<ControlOutcome>;
  /** Scores a candidate beside the rubric in force; it replaces the one that the run has. The rubric in force is refused. */
  shadowRubric(run: string, candidate: RubricRequest): Promise<ControlOutcome>;
  /** Ends that; a run without a candidate is `failed_precondition`. */
  stopShadow(run: string): Promise<ControlOutcome>;
}

/** A run to create, as a person wrote it. */
export interface RunRequest {
  /** Chosen by who asks, so that asking again changes nothing. */
  readonly run?: string;
  /** The run file's text. */
  readonly runFile: string;
  /** Its path: what errors name, and where the files that it names are found. */
  readonly source: string;
  /** In place of the run file's. */
  readonly seed?: number;
}

/** A rubric for a run, to be in force or to be scored beside the one that is. */
export interface RubricRequest {
  /** The hash of a rubric that the workspace holds, or the id of a shipped one. */
  readonly rubric: string;
  /** Takes effect before this iteration; before the next one unless told. */
  readonly iteration?: number;
}

/** Where to go back to. `rubricHash` may be cut short as long as one rubric alone begins so. */
export type RollbackRequest =
  { readonly policyVersion: number } | { readonly rubricHash: string } | 'previous_rubric';

/** What became of a command. */
export interface ControlOutcome {
  /** After the command. */
  readonly run: Run;
  readonly control: RecordedControlEvent;
  /** Whether a process is at work on the run. Where none is, what was asked waits until the run is continued. */
  readonly atWork: boolean;
}

export interface RunSummary {
  readonly run: Run;
  readonly progress?: { readonly iterations: number; readonly last?: IterationRecord };
}

/** All that the ledger knows of a run but tasks, results and the preferences themselves. */
export interface RunDescription {
  readonly run: Run;
  readonly iterations: readonly IterationRecord[];
  readonly policyVersions: readonly RecordedPolicyVersion[];
  readonly controls: readonly RecordedControlEvent[];
  /** How many. */
  readonly preferences: number;
}

/** Something that a watcher receives. A heartbeat says that nothing stands between `lastSequence` and the next event. */
export type WatchItem =
  | { readonly kind: 'event'; readonly event: RunEvent }
  | { readonly kind: 'heartbeat'; readonly lastSequence: number; readonly state: RunState };

/** A rubric as a command needs it. */
export type RubricDescription = Pick<Rubric, 'id' | 'hash' | 'locale' | 'status' | 'composite'>;
