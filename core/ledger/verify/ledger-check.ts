/** One thing that was looked at in a ledger, and what was found. */
export interface LedgerCheck {
  readonly name: string;
  /** `skipped` where what it needs is not there. */
  readonly status: 'ok' | 'failed' | 'skipped';
  readonly found: string;
}
