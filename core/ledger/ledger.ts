import type { CheckpointManifest } from '../domain/checkpoint.js';
import type { Preference } from '../domain/preference.js';
import type { PolicyVersion } from '../domain/policy.js';
import type { ControlEvent, RecordedControlEvent, Run, RunEvent } from '../domain/run.js';
import type { RunState } from '../domain/run-state.js';
import type { ShadowScores } from '../domain/shadow.js';

/**
 * The durable truth of a run. One writer; a second open of the same file is `failed_precondition`. Every method
 * resolves after its change is on disk (writes that arrive together share one commit). First stored result wins:
 * the same payload again is `duplicate`, another payload for the same task is `conflict` and changes nothing.
 *
 * What a coordinator does again after a crash, with the same values, changes nothing and is no error; with other values
 * it is `already_exists`.
 */
export interface Ledger {
  /** The new run is `queued`. */
  createRun(run: NewRun): Promise<Run>;
  /** Raises the epoch and returns it. */
  beginEpoch(run: string): Promise<number>;
  /** A transition that the table of states does not have is `failed_precondition`. */
  setRunState(run: string, state: RunState, reason?: string): Promise<void>;
  getRun(run: string): Promise<Run | undefined>;
  listRuns(): Promise<readonly Run[]>;

  /**
   * Records what a person asked and, in the same commit, the state that follows from it at once (`pause`: pausing).
   * In a state that does not take it: `failed_precondition`, naming the state and the states that do.
   */
  requestControl(run: string, event: ControlEvent): Promise<RecordedControlEvent>;
  /** Says that these took effect before this iteration. */
  stampControl(run: string, sequences: readonly number[], iteration: number): Promise<void>;
  controlEvents(run: string): Promise<readonly RecordedControlEvent[]>;

  issueTasks(run: string, tasks: readonly IssuedTask[]): Promise<void>;
  /** Takes the results one after another, in one commit, and says of each what it was. [result] */
  acceptResults(run: string, results: readonly TaskResult[]): Promise<readonly ResultVerdict[]>;
  /** Ends tasks that will not be consumed. A task that was consumed stays so. */
  endTasks(run: string, tasks: readonly TaskKey[], end: 'dropped' | 'dead_lettered'): Promise<void>;
  /** Ends as dropped whatever is outstanding or was accepted, and returns how many; what has ended stays as it ended. */
  dropOpenTasks(run: string): Promise<number>;
  /** Every task of the run with its state, by iteration and id. As long as the run's history: to look back, not to work with. */
  tasks(run: string): Promise<readonly TaskRecord[]>;
  /** The newest task of this id; undefined where none was ever issued. Looks through iterations from the last one back. */
  task(run: string, id: string): Promise<TaskRecord | undefined>;
  /** How many tasks the run ever issued. */
  taskCount(run: string): Promise<number>;
  outstandingTasks(run: string): Promise<readonly IssuedTask[]>;
  results(run: string, iteration: number): Promise<readonly TaskResult[]>;

  recordPreferences(run: string, preferences: readonly Preference[]): Promise<void>;
  preferences(run: string): Promise<readonly Preference[]>;
  recordPolicyVersion(run: string, policy: PolicyVersion, rubricHash: string): Promise<void>;
  policyVersions(run: string): Promise<readonly RecordedPolicyVersion[]>;
  /**
   * One commit at the end of an iteration: its journal entry, the tasks it consumed, the policy version it made (where
   * the policy moved) and, where one was saved, the manifest to go on from.
   */
  completeIteration(run: string, end: IterationEnd): Promise<void>;
  iterations(run: string): Promise<readonly IterationRecord[]>;
  /** Oldest first. */
  checkpoints(run: string): Promise<readonly CheckpointManifest[]>;
  /** Forgets manifests whose files are about to be removed. */
  forgetCheckpoints(run: string, iterations: readonly number[]): Promise<void>;

  recordAlarm(run: string, alarm: string, message: string): Promise<void>;
  /** The run's events after this sequence, oldest first, at most `limit`. */
  events(run: string, after: number, limit: number): Promise<readonly RunEvent[]>;
  /** Calls the listener after every commit that added events to the run. Returns how to stop. */
  onEvents(run: string, listener: () => void): () => void;
  close(): Promise<void>;
}

export type NewRun = Pick<Run, 'id' | 'name' | 'seed' | 'config' | 'configHash' | 'fingerprints'>;
export type RecordedPolicyVersion = PolicyVersion & { readonly rubricHash: string };

/** What names a task of a run: the same id in another iteration is another task. */
export interface TaskKey {
  readonly iteration: number;
  readonly id: string;
}

export interface IssuedTask extends TaskKey {
  /** How often it was put on the bus, from 1. */
  readonly issue: number;
  /** When it is issued again unless a result is in, by the coordinator's clock. */
  readonly deadlineMs: number;
}

/** Where a task stands. It ends in exactly one of the last three. */
export type TaskState = 'outstanding' | 'accepted' | 'consumed' | 'dropped' | 'dead_lettered';

export interface TaskRecord extends IssuedTask {
  readonly state: TaskState;
}

export interface TaskResult {
  readonly taskId: string;
  readonly iteration: number;
  /** sha256 of the payload in the artifact store. */
  readonly payloadHash: string;
}

/** What a result was to its task, which nobody may have issued. */
export type ResultVerdict = 'accepted' | 'duplicate' | 'conflict' | 'unknown_task';

/** The update journal's entry: what one iteration consumed and produced. */
export interface IterationRecord {
  readonly iteration: number;
  readonly policyVersion: number;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** sha256 of the stored inputs of the update (tokens, rewards, log-probs, values, advantages). */
  readonly inputsHash: string;
  /** The last control event that was in force; 0 where there was none yet. */
  readonly controlSequence: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export interface IterationEnd {
  readonly record: IterationRecord;
  /** The tasks whose answers the iteration consumed. */
  readonly consumed: readonly TaskKey[];
  /** The policy after the iteration; a version that is already recorded must be the same. */
  readonly policy: RecordedPolicyVersion;
  readonly checkpoint?: CheckpointManifest;
  /** What a candidate rubric made of the answers; told once, when the iteration is finished first. */
  readonly shadow?: ShadowScores;
}
