import { join } from 'node:path';
import type { Run } from '../../core/domain/run.js';
import type { PoolStatus } from '../../core/domain/pool-status.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import { MajlisError } from '../../core/errors.js';
import type { NewAuditEntry } from '../../core/trust/audit-entry.js';
import type { AuditLog } from '../../core/trust/audit-log.js';
import { localUser } from '../../core/trust/local-user.js';
import type {
  ControlOutcome,
  RollbackRequest,
  RubricRequest,
  RunDescription,
  RunRequest,
  RunSummary,
  WatchItem,
} from '../../coordinator/control/run-control.js';
import type { RunControlClient } from './run-control-client.js';

const SERVICE = 'majlis.v1.CoordinatorService';

/** The audit log of a workspace. */
export function auditFile(workspace: string): string {
  return join(workspace, 'audit.jsonl');
}

/**
 * Run control over a ledger file, whose commands are written into the audit log as those are that go through a process: by
 * the user of this process, under the names of the calls that they would be.
 */
export class AuditedRunControl implements RunControlClient {
  readonly over: RunControlClient['over'];

  constructor(
    private readonly control: RunControlClient,
    private readonly log: AuditLog,
  ) {
    this.over = control.over;
  }

  describeRun(run: string): Promise<RunDescription> {
    return this.control.describeRun(run);
  }

  listWorkers(): Promise<FleetStatus> {
    return this.control.listWorkers();
  }

  listPools(): Promise<readonly PoolStatus[]> {
    return this.control.listPools();
  }

  listRuns(options: { readonly withProgress: boolean }): Promise<readonly RunSummary[]> {
    return this.control.listRuns(options);
  }

  watchRun(run: string, after: number, signal: AbortSignal): AsyncIterable<WatchItem> {
    return this.control.watchRun(run, after, signal);
  }

  createRun(request: RunRequest): Promise<Run> {
    const { run, ...asked } = request;
    const entry = { ...(run === undefined ? {} : { run }), arguments: { ...asked } };
    return this.written('CreateRun', entry, this.control.createRun(request));
  }

  pauseRun(run: string, reason?: string): Promise<ControlOutcome> {
    return this.command('PauseRun', run, { reason }, this.control.pauseRun(run, reason));
  }

  resumeRun(run: string): Promise<ControlOutcome> {
    return this.command('ResumeRun', run, {}, this.control.resumeRun(run));
  }

  cancelRun(run: string, reason?: string): Promise<ControlOutcome> {
    return this.command('CancelRun', run, { reason }, this.control.cancelRun(run, reason));
  }

  swapRubric(run: string, swap: RubricRequest): Promise<ControlOutcome> {
    return this.command('SwapRubric', run, { ...swap }, this.control.swapRubric(run, swap));
  }

  rollBackRun(run: string, to: RollbackRequest): Promise<ControlOutcome> {
    return this.command('RollBackRun', run, { to }, this.control.rollBackRun(run, to));
  }

  shadowRubric(run: string, candidate: RubricRequest): Promise<ControlOutcome> {
    return this.command('ShadowRubric', run, { ...candidate }, this.control.shadowRubric(run, candidate));
  }

  stopShadow(run: string): Promise<ControlOutcome> {
    return this.command('StopShadow', run, {}, this.control.stopShadow(run));
  }

  close(): Promise<void> {
    return this.control.close();
  }

  private command(
    method: string,
    run: string,
    asked: Readonly<Record<string, unknown>>,
    work: Promise<ControlOutcome>,
  ): Promise<ControlOutcome> {
    return this.written(method, { run, arguments: asked }, work, ({ control: { sequence, event } }) => ({
      control: { sequence, event: { ...event } },
    }));
  }

  private async written<Outcome>(
    method: string,
    asked: Pick<NewAuditEntry, 'run' | 'arguments'>,
    work: Promise<Outcome>,
    describe: (outcome: Outcome) => Pick<NewAuditEntry, 'control'> = () => ({}),
  ): Promise<Outcome> {
    const who = { name: localUser(), role: 'admin', peer: 'local', method: `${SERVICE}/${method}` } as const;
    let outcome: Outcome;
    try {
      outcome = await work;
    } catch (thrown) {
      const { code, message } = MajlisError.from(thrown);
      await this.log.append({ ...who, ...asked, outcome: code, message });
      throw thrown;
    }
    await this.log.append({ ...who, ...asked, ...describe(outcome), outcome: 'ok' });
    return outcome;
  }
}
