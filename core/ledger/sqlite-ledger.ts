import type { PolicyVersion } from '../domain/policy.js';
import type { Preference } from '../domain/preference.js';
import type { ControlEvent, Run, RunState } from '../domain/run.js';
import type { Clock } from '../runtime/clock.js';
import type { IssuedTask, IterationRecord, Ledger, NewRun, TaskResult } from './ledger.js';
import { LedgerThread } from './ledger-thread.js';

/**
 * Opens or creates the ledger file for this process alone, brings its schema up to date (after a backup beside it)
 * and serves it from a thread of its own. Rejects with one sentence that names the file: `failed_precondition` when
 * it is already open or comes from a newer Majlis, `data_loss` when it is damaged.
 */
export async function openSqliteLedger(path: string, clock: Clock): Promise<Ledger> {
  return new SqliteLedger(await LedgerThread.start(path), clock);
}

class SqliteLedger implements Ledger {
  constructor(
    private readonly thread: LedgerThread,
    private readonly clock: Clock,
  ) {}

  createRun(run: NewRun): Promise<Run> {
    return this.thread.call('createRun', run, this.clock.now());
  }

  beginEpoch(run: string): Promise<number> {
    return this.thread.call('beginEpoch', run);
  }

  setRunState(run: string, state: RunState, failure?: string): Promise<void> {
    return this.thread.call('setRunState', run, state, failure);
  }

  getRun(run: string): Promise<Run | undefined> {
    return this.thread.call('getRun', run);
  }

  listRuns(): Promise<readonly Run[]> {
    return this.thread.call('listRuns');
  }

  appendControlEvent(run: string, event: ControlEvent): Promise<number> {
    return this.thread.call('appendControlEvent', run, event);
  }

  controlEvents(run: string): Promise<readonly ControlEvent[]> {
    return this.thread.call('controlEvents', run);
  }

  issueTasks(run: string, tasks: readonly IssuedTask[]): Promise<void> {
    return this.thread.call('issueTasks', run, tasks);
  }

  acceptResult(
    run: string,
    result: TaskResult,
  ): Promise<'accepted' | 'duplicate' | 'conflict' | 'unknown_task'> {
    return this.thread.call('acceptResult', run, result);
  }

  outstandingTasks(run: string): Promise<readonly IssuedTask[]> {
    return this.thread.call('outstandingTasks', run);
  }

  results(run: string, iteration: number): Promise<readonly TaskResult[]> {
    return this.thread.call('results', run, iteration);
  }

  recordPreferences(run: string, preferences: readonly Preference[]): Promise<void> {
    return this.thread.call('recordPreferences', run, preferences);
  }

  preferences(run: string): Promise<readonly Preference[]> {
    return this.thread.call('preferences', run);
  }

  recordPolicyVersion(run: string, policy: PolicyVersion, rubricHash: string): Promise<void> {
    return this.thread.call('recordPolicyVersion', run, policy, rubricHash);
  }

  policyVersions(run: string): Promise<readonly (PolicyVersion & { readonly rubricHash: string })[]> {
    return this.thread.call('policyVersions', run);
  }

  recordIteration(run: string, record: IterationRecord): Promise<void> {
    return this.thread.call('recordIteration', run, record);
  }

  iterations(run: string): Promise<readonly IterationRecord[]> {
    return this.thread.call('iterations', run);
  }

  close(): Promise<void> {
    return this.thread.close();
  }
}
