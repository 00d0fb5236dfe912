import type { Run } from '../../../core/domain/run.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { encodeMetrics } from '../../../core/ledger/record-text.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { formatTable } from '../../terminal/format-table.js';
import { withLedger } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { formatMetric } from './format-metric.js';

interface ListedRun {
  readonly run: Run;
  readonly iterations: number;
  readonly last?: IterationRecord;
}

/** Every run of the workspace, oldest first; a workspace without a ledger has none. */
export async function listRuns(workspace: string, clock: Clock): Promise<CommandResult> {
  const listed = await withLedger(workspace, clock, async (ledger) => {
    const runs = await ledger.listRuns();
    return Promise.all(
      runs.map(async (run): Promise<ListedRun> => {
        const iterations = await ledger.iterations(run.id);
        const last = iterations.at(-1);
        return { run, iterations: iterations.length, ...(last === undefined ? {} : { last }) };
      }),
    );
  });
  if (listed === undefined || listed.length === 0) {
    return { json: [], text: `No runs in ${workspace} yet; "majlis quickstart" makes the first.` };
  }
  return { json: listed.map(toJson), text: toText(listed) };
}

function toJson({ run, iterations, last }: ListedRun): unknown {
  const { id, name, state, seed, createdAtMs, reason } = run;
  const metrics = last === undefined ? {} : { lastMetrics: encodeMetrics(last.metrics) };
  return { id, name, state, seed, createdAtMs, iterations, reason, ...metrics };
}

function toText(listed: readonly ListedRun[]): string {
  const headings = ['run', 'name', 'state', 'seed', 'iterations', 'reward', 'KL', 'started'];
  const rows = listed.map(({ run, iterations, last }) => [
    run.id,
    run.name,
    run.state,
    String(run.seed),
    String(iterations),
    formatMetric(last?.metrics['objective/scores']),
    formatMetric(last?.metrics['objective/kl']),
    new Date(run.createdAtMs).toISOString(),
  ]);
  return formatTable(headings, rows);
}
