import type { PolicyVersion } from '../domain/policy.js';
import type { CheckpointManifest } from '../domain/checkpoint.js';
import type { Preference } from '../domain/preference.js';
import type { ControlEvent, RecordedControlEvent, Run, RunEvent } from '../domain/run.js';
import type { RunState } from '../domain/run-state.js';
import type { DatabaseCalls } from '../database/database-calls.js';
import type { Clock } from '../runtime/clock.js';
import type {
  IssuedTask,
  IterationEnd,
  IterationRecord,
  Ledger,
  NewRun,
  RecordedPolicyVersion,
  ResultVerdict,
  TaskKey,
  TaskRecord,
  TaskResult,
} from './ledger.js';
import type { LedgerOperations } from './ledger-operations.js';

/** The ledger's methods as calls, each with its time, and whoever waits for events. */
export class LedgerClient implements Ledger {
  private readonly listeners = new Map<string, Set<() => void>>();

  constructor(
    private readonly calls: DatabaseCalls,
    private readonly clock: Clock,
  ) {
    calls.whenNoticed((run) => {
      for (const listener of [...(this.listeners.get(run) ?? [])]) listener();
    });
  }

  createRun(run: NewRun): Promise<Run> {
    return this.call('createRun', run);
  }

  beginEpoch(run: string): Promise<number> {
    return this.call('beginEpoch', run);
  }

  setRunState(run: string, state: RunState, reason?: string): Promise<void> {
    return this.call('setRunState', run, state, reason);
  }

  getRun(run: string): Promise<Run | undefined> {
    return this.call('getRun', run);
  }

  listRuns(): Promise<readonly Run[]> {
    return this.call('listRuns');
  }

  requestControl(run: string, event: ControlEvent): Promise<RecordedControlEvent> {
    return this.call('requestControl', run, event);
  }

  stampControl(run: string, sequences: readonly number[], iteration: number): Promise<void> {
    return this.call('stampControl', run, sequences, iteration);
  }

  controlEvents(run: string): Promise<readonly RecordedControlEvent[]> {
    return this.call('controlEvents', run);
  }

  issueTasks(run: string, tasks: readonly IssuedTask[]): Promise<void> {
    return this.call('issueTasks', run, tasks);
  }

  acceptResults(run: string, results: readonly TaskResult[]): Promise<readonly ResultVerdict[]> {
    return this.call('acceptResults', run, results);
  }

  endTasks(run: string, tasks: readonly TaskKey[], end: 'dropped' | 'dead_lettered'): Promise<void> {
    return this.call('endTasks', run, tasks, end);
  }

  dropOpenTasks(run: string): Promise<number> {
    return this.call('dropOpenTasks', run);
  }

  task(run: string, id: string): Promise<TaskRecord | undefined> {
    return this.call('task', run, id);
  }

  taskCount(run: string): Promise<number> {
    return this.call('taskCount', run);
  }

  tasks(run: string): Promise<readonly TaskRecord[]> {
    return this.call('tasks', run);
  }

  outstandingTasks(run: string): Promise<readonly IssuedTask[]> {
    return this.call('outstandingTasks', run);
  }

  results(run: string, iteration: number): Promise<readonly TaskResult[]> {
    return this.call('results', run, iteration);
  }

  recordPreferences(run: string, preferences: readonly Preference[]): Promise<void> {
    return this.call('recordPreferences', run, preferences);
  }

  preferences(run: string): Promise<readonly Preference[]> {
    return this.call('preferences', run);
  }

  recordPolicyVersion(run: string, policy: PolicyVersion, rubricHash: string): Promise<void> {
    return this.call('recordPolicyVersion', run, policy, rubricHash);
  }

  policyVersions(run: string): Promise<readonly RecordedPolicyVersion[]> {
    return this.call('policyVersions', run);
  }

  completeIteration(run: string, end: IterationEnd): Promise<void> {
    return this.call('completeIteration', run, end);
  }

  iterations(run: string): Promise<readonly IterationRecord[]> {
    return this.call('iterations', run);
  }

  checkpoints(run: string): Promise<readonly CheckpointManifest[]> {
    return this.call('checkpoints', run);
  }

  forgetCheckpoints(run: string, iterations: readonly number[]): Promise<void> {
    return this.call('forgetCheckpoints', run, iterations);
  }

  recordAlarm(run: string, alarm: string, message: string): Promise<void> {
    return this.call('recordAlarm', run, alarm, message);
  }

  events(run: string, after: number, limit: number): Promise<readonly RunEvent[]> {
    return this.call('events', run, after, limit);
  }

  onEvents(run: string, listener: () => void): () => void {
    const listeners = this.listeners.get(run) ?? new Set();
    // A wrapper of its own, so that the same function can listen twice.
    const entry = (): void => {
      listener();
    };
    this.listeners.set(run, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0) this.listeners.delete(run);
    };
  }

  close(): Promise<void> {
    return this.calls.close();
  }

  private async call<Name extends keyof LedgerOperations>(
    operation: Name,
    ...values: Parameters<LedgerOperations[Name]>
  ): Promise<ReturnType<LedgerOperations[Name]>> {
    const value = await this.calls.call({ operation, values, atMs: this.clock.now() });
    return value as ReturnType<LedgerOperations[Name]>;
  }
}
