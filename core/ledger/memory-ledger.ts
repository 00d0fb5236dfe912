import type { PolicyVersion } from '../domain/policy.js';
import type { Preference } from '../domain/preference.js';
import type { ControlEvent, Run, RunState } from '../domain/run.js';
import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';
import type { IssuedTask, IterationRecord, Ledger, NewRun, TaskResult } from './ledger.js';
import { alreadyRecorded, requireUsablePreference, unknownRun } from './ledger-refusals.js';
import { iterationText, preferenceText } from './record-text.js';

interface RunRecords {
  run: Run;
  readonly controlEvents: ControlEvent[];
  readonly tasks: Map<string, IssuedTask>;
  readonly results: Map<string, TaskResult>;
  /** By rubric hash and pair id, in the order of recording. */
  readonly preferences: Map<string, Preference>;
  readonly policyVersions: Map<number, PolicyVersion & { readonly rubricHash: string }>;
  readonly iterations: Map<number, IterationRecord>;
}

/** A ledger that ends with its process: for tests and for runs that nobody wants to continue. */
export class MemoryLedger implements Ledger {
  private readonly runs = new Map<string, RunRecords>();
  private closed = false;

  constructor(private readonly clock: Clock) {}

  async createRun(newRun: NewRun): Promise<Run> {
    this.refuseWhenClosed();
    if (this.runs.has(newRun.id)) throw alreadyRecorded(`run ${newRun.id}`);
    const { id, name, seed, config, configHash } = newRun;
    const createdAtMs = this.clock.now();
    const run: Run = { id, name, state: 'running', seed, configHash, config, epoch: 0, createdAtMs };
    this.runs.set(id, {
      run,
      controlEvents: [],
      tasks: new Map(),
      results: new Map(),
      preferences: new Map(),
      policyVersions: new Map(),
      iterations: new Map(),
    });
    return run;
  }

  async beginEpoch(run: string): Promise<number> {
    const records = this.find(run);
    records.run = { ...records.run, epoch: records.run.epoch + 1 };
    return records.run.epoch;
  }

  async setRunState(runId: string, state: RunState, failure?: string): Promise<void> {
    const records = this.find(runId);
    const { id, name, seed, configHash, config, epoch, createdAtMs } = records.run;
    const run: Run = { id, name, state, seed, configHash, config, epoch, createdAtMs };
    records.run = failure === undefined ? run : { ...run, failure };
  }

  async getRun(run: string): Promise<Run | undefined> {
    this.refuseWhenClosed();
    return this.runs.get(run)?.run;
  }

  async listRuns(): Promise<readonly Run[]> {
    this.refuseWhenClosed();
    return [...this.runs.values()]
      .map((records) => records.run)
      .sort((a, b) => a.createdAtMs - b.createdAtMs || compareText(a.id, b.id));
  }

  async appendControlEvent(run: string, event: ControlEvent): Promise<number> {
    return this.find(run).controlEvents.push(structuredClone(event));
  }

  async controlEvents(run: string): Promise<readonly ControlEvent[]> {
    return [...this.find(run).controlEvents];
  }

  async issueTasks(run: string, tasks: readonly IssuedTask[]): Promise<void> {
    const known = this.find(run).tasks;
    const moved = tasks.find(({ id, iteration }) => (known.get(id)?.iteration ?? iteration) !== iteration);
    if (moved !== undefined) throw alreadyRecorded(`task ${moved.id}`);
    for (const { id, iteration, issue } of tasks) {
      known.set(id, { id, iteration, issue: Math.max(issue, known.get(id)?.issue ?? issue) });
    }
  }

  async acceptResult(
    run: string,
    result: TaskResult,
  ): Promise<'accepted' | 'duplicate' | 'conflict' | 'unknown_task'> {
    this.refuseWhenClosed();
    const records = this.runs.get(run);
    if (records?.tasks.get(result.taskId)?.iteration !== result.iteration) return 'unknown_task';
    const stored = records.results.get(result.taskId);
    if (stored !== undefined) return stored.payloadHash === result.payloadHash ? 'duplicate' : 'conflict';
    records.results.set(result.taskId, { ...result });
    return 'accepted';
  }

  async outstandingTasks(run: string): Promise<readonly IssuedTask[]> {
    const { tasks, results } = this.find(run);
    return [...tasks.values()]
      .filter((task) => !results.has(task.id))
      .sort((a, b) => a.iteration - b.iteration || compareText(a.id, b.id));
  }

  async results(run: string, iteration: number): Promise<readonly TaskResult[]> {
    return [...this.find(run).results.values()]
      .filter((result) => result.iteration === iteration)
      .sort((a, b) => compareText(a.taskId, b.taskId));
  }

  async recordPreferences(run: string, preferences: readonly Preference[]): Promise<void> {
    const records = this.find(run);
    const updated = new Map(records.preferences);
    for (const preference of preferences) {
      requireUsablePreference(preference);
      const key = `${preference.rubricHash} ${preference.pair.id}`;
      const stored = updated.get(key);
      if (stored === undefined) updated.set(key, structuredClone(preference));
      else if (preferenceText(stored) !== preferenceText(preference)) {
        throw alreadyRecorded(`a preference of pair ${preference.pair.id}`);
      }
    }
    this.runs.set(run, { ...records, preferences: updated });
  }

  async preferences(run: string): Promise<readonly Preference[]> {
    return [...this.find(run).preferences.values()];
  }

  async recordPolicyVersion(run: string, policy: PolicyVersion, rubricHash: string): Promise<void> {
    const { policyVersions } = this.find(run);
    const { version, hash, location } = policy;
    const stored = policyVersions.get(version);
    if (stored === undefined) policyVersions.set(version, { version, hash, location, rubricHash });
    else if (stored.hash !== hash || stored.location !== location || stored.rubricHash !== rubricHash) {
      throw alreadyRecorded(`policy version ${version}`);
    }
  }

  async policyVersions(run: string): Promise<readonly (PolicyVersion & { readonly rubricHash: string })[]> {
    return [...this.find(run).policyVersions.values()].sort((a, b) => a.version - b.version);
  }

  async recordIteration(run: string, record: IterationRecord): Promise<void> {
    const { iterations } = this.find(run);
    const stored = iterations.get(record.iteration);
    if (stored === undefined) iterations.set(record.iteration, structuredClone(record));
    else if (iterationText(stored) !== iterationText(record)) {
      throw alreadyRecorded(`iteration ${record.iteration}`);
    }
  }

  async iterations(run: string): Promise<readonly IterationRecord[]> {
    return [...this.find(run).iterations.values()].sort((a, b) => a.iteration - b.iteration);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private find(run: string): RunRecords {
    this.refuseWhenClosed();
    const records = this.runs.get(run);
    if (records === undefined) throw unknownRun(run);
    return records;
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw new MajlisError('the ledger is closed', { code: 'failed_precondition' });
  }
}

/** By UTF-8 bytes, as SQLite sorts; ids are ASCII, where code units agree with that. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
