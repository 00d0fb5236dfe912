/** Why a run stops before anyone asked it to. */
export type PauseKind =
  | 'non_finite'
  | 'kl_exploded'
  | 'entropy_collapsed'
  | 'too_few_scores'
  | 'disk_nearly_full'
  | 'canaries_paid'
  | 'style_rewarded'
  | 'overoptimized'
  | 'subgroup_below_floor'
  | 'reward_not_ready'
  | 'trainer_lost';

export interface PauseReason {
  readonly kind: PauseKind;
  /** One sentence: the metric, what was found, what is allowed. */
  readonly sentence: string;
  /** One sentence: what a person does now. */
  readonly nextStep: string;
}

/** A reason as it stands on the run and in an alarm. */
export function pauseText({ sentence, nextStep }: PauseReason): string {
  return `${sentence} ${nextStep}`;
}

/** A number as a sentence shows it: four digits, NaN and infinities by name. */
export function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** The iterations that a sentence speaks of. */
export function lastIterations(count: number): string {
  return count === 1 ? 'in the last iteration' : `in the last ${count} iterations`;
}

/** Going back and on again, as the beginning of a sentence. */
export function goBack(run: string, rollback: string): string {
  return `Go back with ${rollback}, then \`majlis resume ${run}\``;
}
