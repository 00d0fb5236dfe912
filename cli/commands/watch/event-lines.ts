import type { RunEvent, RunEventPayload } from '../../../core/domain/run.js';
import { formatMetric } from '../runs/format-metric.js';
import { describeControl } from '../steer/describe-control.js';

/** Iterations that a pace is averaged over. */
const PACE_OVER = 5;

/** Figures of a line, by the name that it has there. */
const FIGURES: readonly (readonly [name: string, metric: string])[] = [
  ['reward', 'objective/scores'],
  ['KL', 'objective/kl'],
  ['entropy', 'policy/entropy_avg'],
];

const SHADOW_FIGURES: readonly (readonly [name: string, metric: string])[] = [
  ['reward', 'shadow/scores'],
  ['shift', 'shadow/score_shift'],
  ['agreement', 'shadow/agreement'],
  ['tau', 'shadow/kendall_tau'],
  ['excluded', 'shadow/excluded_share'],
];

type IterationFinished = Extract<RunEventPayload, { readonly kind: 'iteration_finished' }>;

/** Events as lines for people. Iterations tell their pace over the last few; a change of state begins it anew. */
export class EventLines {
  private finishedAtMs: number[] = [];

  lineOf({ sequence, atMs, payload }: RunEvent): string {
    const time = new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
    return `${time}  #${sequence}  ${this.describe(payload, atMs)}`;
  }

  private describe(payload: RunEventPayload, atMs: number): string {
    switch (payload.kind) {
      case 'state_changed':
        this.finishedAtMs = [];
        return `${payload.state}${payload.reason === undefined ? '' : `: ${payload.reason}`}`;
      case 'epoch_began':
        this.finishedAtMs = [];
        return `a process took it up, epoch ${payload.epoch}`;
      case 'control_requested':
        return `asked: ${describeControl(payload.control.event)}`;
      case 'control_took_effect':
        return `in force from iteration ${payload.control.effectiveAt}: ${describeControl(payload.control.event)}`;
      case 'iteration_finished':
        return this.iteration(payload, atMs);
      case 'shadow_scored':
        return shadowLine(payload);
      case 'alarm':
        return `alarm ${payload.alarm}: ${payload.message}`;
    }
  }

  private iteration(payload: IterationFinished, atMs: number): string {
    const { iteration, policyVersion, policyHash, rubricHash, metrics } = payload;
    this.finishedAtMs = [...this.finishedAtMs, atMs].slice(-PACE_OVER - 1);
    const policy = `policy ${policyVersion} ${policyHash.slice(0, 8)}`;
    return [
      `iteration ${iteration}`,
      ...figuresOf(FIGURES, metrics),
      ...this.pace(),
      policy,
      `rubric ${rubricHash.slice(0, 8)}`,
    ].join('  ');
  }

  /** Seconds per iteration; nothing can be said of the first. */
  private pace(): readonly string[] {
    const steps = this.finishedAtMs.length - 1;
    if (steps < 1) return [];
    const seconds = (this.finishedAtMs[steps] - this.finishedAtMs[0]) / steps / 1000;
    return [`${formatMetric(seconds)} s/iteration`];
  }
}

function shadowLine(payload: Extract<RunEventPayload, { readonly kind: 'shadow_scored' }>): string {
  const { iteration, rubricId, rubricHash, metrics } = payload;
  const who = `iteration ${iteration}  shadow ${rubricId} ${rubricHash.slice(0, 8)}`;
  return [who, ...figuresOf(SHADOW_FIGURES, metrics)].join('  ');
}

function figuresOf(
  figures: readonly (readonly [name: string, metric: string])[],
  metrics: Readonly<Record<string, number>>,
): readonly string[] {
  return figures.flatMap(([name, metric]) =>
    metrics[metric] === undefined ? [] : [`${name} ${formatMetric(metrics[metric])}`],
  );
}
