import { hasEnded } from '../../../core/domain/run-state.js';
import type { ControlOutcome } from '../../../coordinator/control/run-control.js';
import { describeControl } from './describe-control.js';

/** What became of a command, for machines. */
export function outcomeJson({ run, control, atWork }: ControlOutcome): Readonly<Record<string, unknown>> {
  return { run: run.id, state: run.state, ...control, atWork };
}

/** What became of a command, for people. */
export function outcomeText(outcome: ControlOutcome): string {
  const { run, control } = outcome;
  const asked = `${run.id}: ${describeControl(control.event)}, recorded as control event ${control.sequence}`;
  return `${asked}. The run is ${run.state}; ${whatFollows(outcome)}.`;
}

function whatFollows({ run, control, atWork }: ControlOutcome): string {
  if (hasEnded(run.state)) return 'nothing more follows';
  if (!atWork) return `no process is at work on it, "majlis run --continue ${run.id}" takes this up`;
  const { iteration } = control.event;
  if (run.state === 'paused') return 'it takes effect where the run stands';
  return iteration === undefined
    ? 'it takes effect when the iteration in progress is finished'
    : `it takes effect before iteration ${iteration}, or at the next boundary where that has begun`;
}
