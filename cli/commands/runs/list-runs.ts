import { existsSync } from 'node:fs';
import { encodeMetrics } from '../../../core/ledger/record-text.js';
import type { RunSummary } from '../../../coordinator/control/run-control.js';
import { withControl, type ControlPlace } from '../../control/with-control.js';
import { formatTable } from '../../terminal/format-table.js';
import { ledgerFile } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { formatMetric } from './format-metric.js';

/** Every run of the workspace, oldest first, also while one is at work; a workspace without a ledger has none. */
export async function listRuns(place: ControlPlace): Promise<CommandResult> {
  const { workspace, remote } = place;
  const runs =
    remote !== undefined || existsSync(ledgerFile(workspace))
      ? await withControl(place, (control) => control.listRuns({ withProgress: true }))
      : [];
  if (runs.length === 0) {
    return {
      json: [],
      text: `No runs in ${remote?.coordinator ?? workspace} yet; "majlis quickstart" makes the first.`,
    };
  }
  return { json: runs.map(toJson), text: toText(runs) };
}

function toJson({ run, progress }: RunSummary): unknown {
  const { id, name, state, seed, createdAtMs, reason } = run;
  const last = progress?.last;
  const metrics = last === undefined ? {} : { lastMetrics: encodeMetrics(last.metrics) };
  return { id, name, state, seed, createdAtMs, iterations: progress?.iterations, reason, ...metrics };
}

function toText(runs: readonly RunSummary[]): string {
  const headings = ['run', 'name', 'state', 'seed', 'iterations', 'reward', 'KL', 'started'];
  const rows = runs.map(({ run, progress }) => [
    run.id,
    run.name,
    run.state,
    String(run.seed),
    String(progress?.iterations ?? '-'),
    formatMetric(progress?.last?.metrics['objective/scores']),
    formatMetric(progress?.last?.metrics['objective/kl']),
    new Date(run.createdAtMs).toISOString(),
  ]);
  return formatTable(headings, rows);
}
