import { encodeMetrics } from '../../../core/ledger/record-text.js';
import type { RecordedControlEvent } from '../../../core/domain/run.js';
import type { RunDescription } from '../../../coordinator/control/run-control.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult } from '../session.js';
import { describeControl } from '../steer/describe-control.js';
import { formatMetric } from './format-metric.js';

/** All that the ledger knows of one run, the preferences and results themselves left out; also while it is at work. */
export async function showRun(place: ControlPlace & { readonly run: string }): Promise<CommandResult> {
  const description = await withControlOf(place, (control, run) => control.describeRun(run));
  return { json: toJson(description), text: toText(description) };
}

function toJson({ run, iterations, policyVersions, controls, preferences }: RunDescription): unknown {
  return {
    ...run,
    config: JSON.parse(run.config) as unknown,
    iterations: iterations.map((record) => ({ ...record, metrics: encodeMetrics(record.metrics) })),
    policyVersions,
    controlEvents: controls,
    preferences,
  };
}

function toText({ run, iterations, policyVersions, controls, preferences }: RunDescription): string {
  const last = policyVersions.at(-1);
  const facts = [
    `run          ${run.id} (${run.name})`,
    `state        ${run.state}${run.reason === undefined ? '' : `: ${run.reason}`}`,
    `seed         ${run.seed}`,
    `config       ${run.configHash}`,
    `started      ${new Date(run.createdAtMs).toISOString()}, epoch ${run.epoch}`,
    `preferences  ${preferences}`,
    `policies     ${policyVersions.length}${last === undefined ? '' : `, the last ${last.hash} in ${last.location}`}`,
    ...controls.map(describeEvent),
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
  const when = event.iteration === undefined ? '' : ` at iteration ${event.iteration}`;
  const since = effectiveAt === undefined ? '' : `, in force from iteration ${effectiveAt}`;
  return `asked        ${describeControl(event)}${when}${since}`;
}
