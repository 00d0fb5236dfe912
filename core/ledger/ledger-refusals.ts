import type { Preference } from '../domain/preference.js';
import type { Run } from '../domain/run.js';
import { CONTROL_STATES, RUN_TRANSITIONS } from '../domain/run-state.js';
import type { ControlKind, RunState } from '../domain/run-state.js';
import { MajlisError } from '../errors.js';

/** Names a run that the ledger does not have. */
export function unknownRun(run: string): MajlisError {
  return new MajlisError(`the ledger has no run ${run}`, { code: 'not_found' });
}

/** Names a task that the run never issued. */
export function unknownTask(run: string, task: string): MajlisError {
  return new MajlisError(`run ${run} has no task ${task}`, { code: 'not_found' });
}

/** Names a control event that nobody asked for. */
export function unknownControl(run: string, sequence: number): MajlisError {
  return new MajlisError(`run ${run} has no control event ${sequence}`, { code: 'not_found' });
}

/** An iteration consumes accepted answers only. */
export function notConsumable(task: string, state: string, iteration: number): MajlisError {
  return new MajlisError(`task ${task} is ${state}, so iteration ${iteration} cannot have consumed it`, {
    code: 'failed_precondition',
  });
}

/** A way that the table of states does not have. */
export function forbiddenTransition(run: Run, state: RunState): MajlisError {
  const next = RUN_TRANSITIONS[run.state];
  const allowed = next.length === 0 ? 'it has ended' : `it can become ${next.join(', ')}`;
  return new MajlisError(`run ${run.id} is ${run.state} and cannot become ${state}; ${allowed}`, {
    code: 'failed_precondition',
  });
}

/** A command in a state that does not take it. */
export function refusedControl(run: Run, kind: ControlKind): MajlisError {
  const allowed = CONTROL_STATES[kind].join(', ');
  return new MajlisError(
    `run ${run.id} is ${run.state} and takes no ${kind}; a run takes it when it is ${allowed}`,
    {
      code: 'failed_precondition',
    },
  );
}

/** What is recorded once stays: recording it again with another content is refused. */
export function alreadyRecorded(what: string): MajlisError {
  return new MajlisError(`the ledger already has ${what}, with another content`, { code: 'already_exists' });
}

/** Throws where a number is not one that a reward model could be trained on. */
export function requireUsablePreference(preference: Preference): void {
  const { probabilityFirst, weight, pair } = preference;
  if (probabilityFirst >= 0 && probabilityFirst <= 1 && weight >= 0 && weight < Infinity) return;
  const found = `probability ${probabilityFirst} and weight ${weight}`;
  throw new MajlisError(`the preference of pair ${pair.id} has ${found}; it needs [0, 1] and at least 0`, {
    code: 'invalid_argument',
  });
}
