import type { Ledger } from '../core/ledger/ledger.js';
import type { RunAlarm, RunObserver } from './run-observer.js';

/** Tells a run's alarms to whoever looks on and to the ledger, which keeps them. */
export class RunAlarms {
  constructor(
    private readonly run: string,
    private readonly ledger: Pick<Ledger, 'recordAlarm'>,
    private readonly observer: RunObserver,
  ) {}

  async raise(alarm: RunAlarm): Promise<void> {
    this.observer.alarm?.(alarm);
    await this.ledger.recordAlarm(this.run, alarm.kind, alarm.message);
  }
}
