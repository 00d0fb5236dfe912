import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run, RunEvent } from '../../core/domain/run.js';
import type { IterationRecord, TaskRecord } from '../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import { verifyLedger } from '../../core/ledger/verify/verify-ledger.js';
import { systemClock } from '../../core/runtime/clock.js';

/** What a ledger says of its one run. */
export interface LedgerFacts {
  readonly run: Run;
  readonly tasks: readonly TaskRecord[];
  /** Payload of every accepted result, by task id. */
  readonly payloads: ReadonlyMap<string, string>;
  readonly events: readonly RunEvent[];
  readonly iterations: readonly IterationRecord[];
  readonly policyHash: string | undefined;
}

/** A ledger as a kill left it. */
export interface LedgerState {
  /** Checks of `majlis ledger verify` that failed. */
  readonly failures: readonly string[];
  /** Undefined where the run is not in the ledger yet. */
  readonly facts: LedgerFacts | undefined;
}

const ALL_EVENTS = 100_000;

/** Looks at a copy of a dead process's ledger and log, so that the next start finds them as they were left. */
export async function ledgerState(workspace: string): Promise<LedgerState> {
  const original = join(workspace, 'ledger.sqlite');
  if (!existsSync(original)) return { failures: [], facts: undefined };
  const folder = mkdtempSync(join(tmpdir(), 'majlis-crash-copy-'));
  try {
    const copy = join(folder, 'ledger.sqlite');
    for (const suffix of ['', '-wal']) {
      if (existsSync(original + suffix)) cpSync(original + suffix, copy + suffix);
    }
    if (existsSync(join(workspace, 'segments'))) {
      symlinkSync(join(workspace, 'segments'), join(folder, 'segments'));
    }
    const checks = await verifyLedger(copy);
    const failures = checks.filter(({ status }) => status === 'failed');
    return { failures: failures.map(({ name, found }) => `${name}: ${found}`), facts: await factsIn(copy) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function factsIn(file: string): Promise<LedgerFacts | undefined> {
  const ledger = await openSqliteLedger(file, systemClock);
  try {
    const [run] = await ledger.listRuns();
    if (run === undefined) return undefined;
    const tasks = await ledger.tasks(run.id);
    const iterations = [...new Set(tasks.map(({ iteration }) => iteration))];
    const results = await Promise.all(iterations.map((iteration) => ledger.results(run.id, iteration)));
    return {
      run,
      tasks,
      payloads: new Map(results.flat().map(({ taskId, payloadHash }) => [taskId, payloadHash])),
      events: await ledger.events(run.id, 0, ALL_EVENTS),
      iterations: await ledger.iterations(run.id),
      policyHash: (await ledger.policyVersions(run.id)).at(-1)?.hash,
    };
  } finally {
    await ledger.close();
  }
}
