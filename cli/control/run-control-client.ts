import type { RunControl } from '../../coordinator/control/run-control.js';

/** Run control as a terminal has it, until it is closed. */
export interface RunControlClient extends RunControl {
  /** Who answers: the process that owns the ledger or, where none does, the ledger file itself. */
  readonly over: 'process' | 'ledger_file';
  close(): Promise<void>;
}
