/**
 * The states of a run and every way from one to another. Nothing changes a run's state but by this table.
 *
 *   queued     created, waiting for a coordinator
 *   running    a coordinator owns it
 *   pausing    asked to pause; the iteration in progress is finished first
 *   paused     stands at an iteration boundary, with the reason why
 *   completed  reached its last iteration
 *   failed     stopped by an error; can be continued from its last checkpoint
 *   cancelled  ended by a person
 */
export type RunState = 'queued' | 'running' | 'pausing' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** The states that each state can be followed by. A state may always be set again to itself. */
export const RUN_TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['pausing', 'paused', 'completed', 'failed', 'cancelled'],
  pausing: ['paused', 'running', 'completed', 'failed', 'cancelled'],
  paused: ['running', 'failed', 'cancelled'],
  completed: [],
  failed: ['running', 'cancelled'],
  cancelled: [],
};

/** What a person can ask of a run, and the states in which it may be asked. */
export const CONTROL_STATES = {
  pause: ['running'],
  resume: ['pausing', 'paused'],
  cancel: ['queued', 'running', 'pausing', 'paused', 'failed'],
  swap_rubric: ['queued', 'running', 'pausing', 'paused', 'failed'],
  roll_back: ['running', 'pausing', 'paused', 'failed'],
  shadow_rubric: ['queued', 'running', 'pausing', 'paused', 'failed'],
  stop_shadow: ['queued', 'running', 'pausing', 'paused', 'failed'],
} as const satisfies Readonly<Record<string, readonly RunState[]>>;

export type ControlKind = keyof typeof CONTROL_STATES;

/** Whether a run may go from one state to the other. */
export function mayFollow(from: RunState, to: RunState): boolean {
  return from === to || RUN_TRANSITIONS[from].includes(to);
}

/** Whether a run in this state takes this command. */
export function mayControl(state: RunState, kind: ControlKind): boolean {
  return (CONTROL_STATES[kind] as readonly RunState[]).includes(state);
}

/** Whether nothing more can happen to a run in this state. */
export function hasEnded(state: RunState): boolean {
  return RUN_TRANSITIONS[state].length === 0;
}
