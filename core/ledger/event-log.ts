import { z } from 'zod';
import type { RunEventPayload } from '../domain/run.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import { encodeMetrics } from './record-text.js';

const lastRow = z.object({ last: z.number() });

/**
 * Appends what happened to runs, inside the transaction of what it tells of. The thread of the ledger has no clock: the
 * time of an operation comes with its call.
 */
export class EventLog {
  private stampMs = 0;
  private readonly touched = new Set<string>();

  constructor(private readonly database: ExclusiveDatabase) {}

  /** When the operation that runs now was called. */
  get atMs(): number {
    return this.stampMs;
  }

  /** Runs an operation that was called at that time; tells its value and the runs to which it added events. */
  during<Value>(
    atMs: number,
    operation: () => Value,
  ): { readonly value: Value; readonly runs: readonly string[] } {
    this.stampMs = atMs;
    this.touched.clear();
    const value = operation();
    return { value, runs: [...this.touched] };
  }

  append(run: string, payload: RunEventPayload): void {
    const query = 'SELECT coalesce(max(sequence), 0) AS last FROM run_events WHERE run = ?';
    const sequence = 1 + (this.database.select(lastRow, query, run)[0]?.last ?? 0);
    const stored = 'metrics' in payload ? { ...payload, metrics: encodeMetrics(payload.metrics) } : payload;
    this.database.change(
      'INSERT INTO run_events (run, sequence, at_ms, kind, payload) VALUES (?, ?, ?, ?, ?)',
      ...[run, sequence, this.stampMs, payload.kind, canonicalJson(stored)],
    );
    this.touched.add(run);
  }
}
