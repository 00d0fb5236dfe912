/**
 * Why a result does not count. Each is counted under its reason, raised as an alarm and kept in the dead letters; none
 * ends a run.
 */
export const REFUSAL_REASONS = [
  /** It is no complete message of the wire. */
  'unreadable',
  /** It has more bytes than any answer to a task of the run could have. */
  'too_large',
  /** It is for another run: one that has ended, or was never here. */
  'unknown_run',
  /** The run never issued its task, or does not ask for it now. */
  'unknown_task',
  'other_policy',
  'other_engine',
  /** Its answers are not as many, or not as long, as the task asks for. */
  'wrong_shape',
  /** A log-probability above 0. */
  'impossible',
  /** Its task has another result already. */
  'conflicting',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Those that only a worker that is not what it says can cause; the others a good worker may meet. */
export const WORKERS_FAULT: readonly RefusalReason[] = [
  'unreadable',
  'too_large',
  'other_policy',
  'other_engine',
  'wrong_shape',
  'impossible',
];

export interface Refusal {
  readonly reason: RefusalReason;
  /** One sentence for a person. */
  readonly message: string;
}
