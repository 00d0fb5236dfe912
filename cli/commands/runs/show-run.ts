import type { PolicyVersion } from '../../../core/domain/policy.js';
import type { RecordedControlEvent, Run } from '../../../core/domain/run.js';
import type { IterationRecord } from '../../../core/ledger/ledger.js';
import { encodeMetrics } from '../../../core/ledger/record-text.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { formatTable } from '../../terminal/format-table.js';
import { withRun } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { formatMetric } from './format-metric.js';

interface RunRecords {
  readonly run: Run;
  readonly iterations: readonly IterationRecord[];
  readonly policies: readonly (PolicyVersion & { readonly rubricHash: string })[];
  readonly events: readonly RecordedControlEvent[];
  readonly preferences: number;
}

/** All that the ledger knows of one run, the preferences and results themselves left out. */
export async function showRun(
  place: { readonly workspace: string; readonly run: string },
  clock: Clock,
): Promise<CommandResult> {
  const records = await withRun(place, clock, async (ledger, run): Promise<RunRecords> => {
    const [iterations, policies, events, preferences] = await Promise.all([
      ledger.iterations(run.id),
      ledger.policyVersions(run.id),
      ledger.controlEvents(run.id),
      ledger.preferences(run.id),
    ]);
    return { run, iterations, policies, events, preferences: preferences.length };
  });
  return { json: toJson(records), text: toText(records) };
}

function toJson({ run, iterations, policies, events, preferences }: RunRecords): unknown {
  return {
    ...run,
    config: JSON.parse(run.config) as unknown,
    iterations: iterations.map((record) => ({ ...record, metrics: encodeMetrics(record.metrics) })),
    policyVersions: policies,
    controlEvents: events,
    preferences,
  };
}

function toText({ run, iterations, policies, events, preferences }: RunRecords): string {
  const last = policies.at(-1);
  const facts = [
    `run          ${run.id} (${run.name})`,
    `state        ${run.state}${run.reason === undefined ? '' : `: ${run.reason}`}`,
    `seed         ${run.seed}`,
    `config       ${run.configHash}`,
    `started      ${new Date(run.createdAtMs).toISOString()}, epoch ${run.epoch}`,
    `preferences  ${preferences}`,
    `policies     ${policies.length}${last === undefined ? '' : `, the last ${last.hash} in ${last.location}`}`,
    ...events.map(describeEvent),
  ];
  const rows = iterations.map(({ iteration, rubricHash, metrics }) => [
    String(iteration),
    rubricHash.slice(0, 12),
    formatMetric(metrics['objective/scores']),
    formatMetric(metrics['objective/kl']),
    formatMetric(metrics['policy/entropy_avg']),
    formatMetric(metrics['answers/mean_length']),
  ]);
  const headings = ['iteration', 'rubric', 'reward', 'KL', 'entropy', 'answer length'];
  return [...facts, '', formatTable(headings, rows)].join('\n');
}

function describeEvent({ event, effectiveAt }: RecordedControlEvent): string {
  const what = event.kind === 'swap_rubric' ? `swap to rubric ${event.rubricHash}` : event.kind;
  const when = event.iteration === undefined ? '' : ` at iteration ${event.iteration}`;
  const since = effectiveAt === undefined ? '' : `, in force from iteration ${effectiveAt}`;
  return `asked        ${what}${when}${since}`;
}
