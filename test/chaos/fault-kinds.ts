/**
 * The instants at which a rehearsed crash strikes, in the order in which a schedule has them: what happens once in a run
 * comes before what happens in every iteration, so that each can still be met after the kills before it.
 */
export const FAULT_KINDS = {
  sft: 'during supervised fine-tuning, after a gradient and before its step',
  judging: 'while judges read pairs',
  'reward-training': 'while a reward model is trained',
  'reward-files': "while a reward model's files are written",
  'reward-saved': "after a reward model's files, before their description",
  pausing: 'after a pause was asked for, before the boundary',
  paused: 'while the run is paused',
  resuming: 'just after a resume was asked for',
  'rolling-back': 'after a rollback made a policy version, before anybody may ask for it',
  'swap-pending': 'while a rubric swap is pending',
  'swap-stamped': 'just after the swap was stamped, before it took effect',
  'after-ack': "between tasks, after a result's ack",
  'group-commit': 'inside a group commit of the ledger',
  'after-gradient': 'between forwardBackward and optimStep',
  'policy-files': "while a policy version's files are written",
  'first-model-saved': "after a checkpoint's first model was saved, before its second",
  'checkpoint-files': "while a checkpoint's files are written",
  'before-commit': "after a checkpoint's files, before the iteration is completed",
  'before-announce': 'after an iteration was completed, before its policy is announced',
  pruning: 'after old checkpoints were forgotten, before their files are removed',
  completed: 'after the run is completed, before its report',
  evaluation: 'while the policies are evaluated',
  'wall-clock': 'at an instant of the wall clock',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/** Those that strike at a named point of the program. */
export type NamedKind = Exclude<FaultKind, 'wall-clock'>;

export const NAMED_KINDS: readonly NamedKind[] = (Object.keys(FAULT_KINDS) as FaultKind[]).filter(
  (kind) => kind !== 'wall-clock',
);
