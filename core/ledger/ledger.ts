import type { Preference } from '../domain/preference.js';
import type { PolicyVersion } from '../domain/policy.js';
import type { ControlEvent, Run, RunState } from '../domain/run.js';

/**
 * The durable truth of a run. One writer; a second open of the same file is `failed_precondition`. Every method
 * resolves after its change is on disk (writes that arrive together share one commit). First stored result wins:
 * the same payload again is `duplicate`, another payload for the same task is `conflict` and changes nothing.
 */
export interface Ledger {
  createRun(run: NewRun): Promise<Run>;
  /** Raises the epoch and returns it. */
  beginEpoch(run: string): Promise<number>;
  setRunState(run: string, state: RunState, failure?: string): Promise<void>;
  getRun(run: string): Promise<Run | undefined>;
  listRuns(): Promise<readonly Run[]>;

  appendControlEvent(run: string, event: ControlEvent): Promise<number>;
  controlEvents(run: string): Promise<readonly ControlEvent[]>;

  issueTasks(run: string, tasks: readonly IssuedTask[]): Promise<void>;
  acceptResult(
    run: string,
    result: TaskResult,
  ): Promise<'accepted' | 'duplicate' | 'conflict' | 'unknown_task'>;
  outstandingTasks(run: string): Promise<readonly IssuedTask[]>;
  results(run: string, iteration: number): Promise<readonly TaskResult[]>;

  recordPreferences(run: string, preferences: readonly Preference[]): Promise<void>;
  preferences(run: string): Promise<readonly Preference[]>;
  recordPolicyVersion(run: string, policy: PolicyVersion, rubricHash: string): Promise<void>;
  policyVersions(run: string): Promise<readonly (PolicyVersion & { readonly rubricHash: string })[]>;
  recordIteration(run: string, record: IterationRecord): Promise<void>;
  iterations(run: string): Promise<readonly IterationRecord[]>;
  close(): Promise<void>;
}

export type NewRun = Pick<Run, 'id' | 'name' | 'seed' | 'config' | 'configHash'>;

export interface IssuedTask {
  readonly id: string;
  readonly iteration: number;
  /** How often it was put on the bus, from 1. */
  readonly issue: number;
}

export interface TaskResult {
  readonly taskId: string;
  readonly iteration: number;
  /** sha256 of the payload in the artifact store. */
  readonly payloadHash: string;
}

/** The update journal's entry: what one iteration consumed and produced. */
export interface IterationRecord {
  readonly iteration: number;
  readonly policyVersion: number;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** sha256 of the stored inputs of the update (tokens, rewards, log-probs, values, advantages). */
  readonly inputsHash: string;
  readonly metrics: Readonly<Record<string, number>>;
}
