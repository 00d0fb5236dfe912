/** Units as docs/metrics.md names them; the empty one is a bare number. */
export type MetricUnit =
  | 'nats per answer'
  | 'nats per token'
  | 'nats'
  | 'reward'
  | 'share'
  | 'count'
  | 'tokens'
  | 'norm'
  | 'loss'
  | 'ratio'
  | 'ratio²'
  | '';

export interface MetricDescription {
  readonly unit: MetricUnit;
  /** One sentence; docs/metrics.md says more. */
  readonly help: string;
}

/** Stands for the rubric's id in a metric's name. */
const RUBRIC = '<rubric id>';

/** Stands for a locale, or a locale and a category of its prompts, in a metric's name. */
const GROUP = '<group>';

/** Every metric of an iteration that docs/metrics.md explains. */
export const METRIC_CATALOGUE: Readonly<Record<string, MetricDescription>> = {
  'objective/kl': { unit: 'nats per answer', help: 'KL of the policy from the reference, k1 estimate.' },
  'objective/entropy': { unit: 'nats per answer', help: 'Sampled entropy of the policy over an answer.' },
  'objective/non_score_reward': { unit: 'reward', help: 'KL penalty within the reward.' },
  'objective/scores': { unit: 'reward', help: 'Mean normalized score of the paid answers.' },
  'objective/rlhf_reward': { unit: 'reward', help: 'Score and KL penalty together.' },
  [`rewards/${RUBRIC}/mean`]: { unit: 'reward', help: 'Mean normalized score under this rubric.' },
  [`rewards/${RUBRIC}/std`]: { unit: 'reward', help: 'Deviation of the scores under this rubric.' },
  reward_std: { unit: 'reward', help: 'Deviation of the paid scores over the batch.' },
  frac_reward_zero_std: { unit: 'share', help: 'Prompt groups whose scores are all the same.' },
  'rewards/excluded_share': { unit: 'share', help: 'Answers without a score.' },
  'rewards/malformed_share': { unit: 'share', help: 'Answers paid the floor.' },
  'shadow/scores': { unit: 'reward', help: "Mean normalized score under the shadow's rubric." },
  'shadow/score_shift': { unit: 'reward', help: "Mean of the shadow's score less the active one." },
  'shadow/excluded_share': { unit: 'share', help: 'Answers that the shadow gave no score.' },
  'shadow/agreement': {
    unit: 'share',
    help: 'Pairs of a prompt that shadow and active rubric order alike.',
  },
  'shadow/kendall_tau': { unit: '', help: "Kendall's tau-b of the shadow's and the active scores." },
  'groups/without_gradient_share': { unit: 'share', help: 'Prompt groups of which no answer contributes.' },
  'behaviour/max_log_ratio': {
    unit: 'nats',
    help: "Largest difference between trainer's and sampler's log-probability of a token.",
  },
  'sampling/sampling_logp_difference/mean': {
    unit: 'nats',
    help: "Mean difference between trainer's and sampler's log-probability of a token.",
  },
  'sampling/importance_sampling_ratio/min': { unit: 'ratio', help: 'Smallest importance weight of a token.' },
  'sampling/importance_sampling_ratio/mean': { unit: 'ratio', help: 'Mean importance weight of a token.' },
  'sampling/importance_sampling_ratio/max': { unit: 'ratio', help: 'Largest importance weight of a token.' },
  'staleness/mean': { unit: '', help: "Policy versions that a group's policy was behind, mean." },
  'staleness/max': { unit: '', help: "Policy versions that a group's policy was behind, at most." },
  'fully_async/count/stale_samples_processed': {
    unit: '',
    help: 'Groups of older policies that were consumed since this start.',
  },
  'fully_async/count/dropped_stale_samples': {
    unit: '',
    help: 'Groups that were dropped as too old since this start.',
  },
  'val/mean': { unit: 'reward', help: 'Mean value over contributing tokens.' },
  'val/explained_variance': { unit: 'share', help: 'Variance of the returns that the critic explains.' },
  'prompts/truncated': { unit: 'count', help: 'Prompt groups whose prompt was cut to fit the context.' },
  'answers/mean_length': { unit: 'tokens', help: 'Mean answer length, stop token included.' },
  'completions/min_length': { unit: 'tokens', help: 'Length of the shortest answer.' },
  'completions/max_length': { unit: 'tokens', help: 'Length of the longest answer.' },
  'completions/mean_terminated_length': {
    unit: 'tokens',
    help: 'Mean length of the answers that ended by a stop token.',
  },
  'answers/reached_limit': { unit: 'count', help: 'Answers that ended by maxNewTokens.' },
  'answers/cut_characters': { unit: 'count', help: 'Answers cut inside a character.' },
  'val/num_eos_tokens': { unit: 'count', help: 'Answers that ended by a stop token.' },
  episode: { unit: '', help: "Answers that the run's iterations have learned from so far." },
  num_tokens: { unit: '', help: 'Prompt and answer tokens of these answers.' },
  'watch/length_correlation': {
    unit: '',
    help: 'Rank correlation of reward and answer length within prompt groups.',
  },
  'watch/length_std': { unit: 'tokens', help: 'Deviation of answer length over the batch.' },
  'watch/format_correlation': {
    unit: '',
    help: 'Rank correlation of reward and marks of format within prompt groups.',
  },
  'watch/format_mean': { unit: '', help: 'Marks of format per 100 characters of an answer, mean.' },
  'watch/format_std': { unit: '', help: 'Deviation of the marks of format over the batch.' },
  'watch/canaries_paid_share': { unit: 'share', help: 'Answers that answer nothing, paid like answers.' },
  'watch/control_win_rate': {
    unit: 'share',
    help: 'Held-out prompts on which the control judge prefers the policy to the reference.',
  },
  'watch/control_win_rate_low': { unit: 'share', help: 'Lower end of its 95% interval.' },
  'watch/control_win_rate_high': { unit: 'share', help: 'Upper end of its 95% interval.' },
  'watch/proxy_score': { unit: 'reward', help: 'Mean normalized score of the same answers.' },
  [`fairness/${GROUP}/mean`]: { unit: 'reward', help: "Mean normalized score of this group's answers." },
  [`fairness/${GROUP}/answers`]: { unit: '', help: 'Paid answers of this group.' },
  [`fairness/${GROUP}/control_win_rate`]: {
    unit: 'share',
    help: "This group's held-out prompts on which the control judge prefers the policy to the reference.",
  },
  'policy/approxkl_avg': { unit: 'nats per token', help: 'Mean KL of a step from the sampling policy.' },
  'policy/clipfrac_avg': { unit: 'share', help: 'Tokens where the policy clip decided.' },
  'policy/entropy_avg': { unit: 'nats per token', help: 'Mean entropy at the trained tokens.' },
  'policy/grad_norm': { unit: 'norm', help: "Mean gradient norm of the policy's steps, before clipping." },
  'policy/steps': { unit: 'count', help: 'Optimizer steps of the policy.' },
  'loss/policy_avg': { unit: 'loss', help: "Mean loss of the policy's steps." },
  'loss/value_avg': { unit: 'loss', help: "Mean loss of the critic's steps." },
  'val/ratio': { unit: 'ratio', help: "Mean probability ratio over the policy's steps." },
  'val/ratio_var': { unit: 'ratio²', help: "Variance of the steps' mean ratios." },
  'val/ratio_first_minibatch': { unit: 'ratio', help: 'Mean ratio of the first step, which should be 1.' },
  'val/clipfrac_avg': { unit: 'share', help: 'Tokens where the value clip decided.' },
  'val/grad_norm': { unit: 'norm', help: "Mean gradient norm of the critic's steps, before clipping." },
  'val/steps': { unit: 'count', help: 'Optimizer steps of the critic.' },
  'update/skipped_steps': { unit: 'count', help: 'Steps skipped for a non-finite gradient.' },
  lr: { unit: '', help: 'Learning rate of the policy.' },
  'kl/beta': { unit: '', help: 'Weight of the KL penalty.' },
};

/** A metric's name without what it is of, and the label that this is where the name has one. */
export interface GeneralName {
  readonly name: string;
  readonly label?: { readonly rubric: string } | { readonly group: string };
}

/** `rewards/greeting/mean` is `rewards/<rubric id>/mean` of the rubric `greeting`. */
export function generalName(name: string): GeneralName {
  const match = /^(?<kind>rewards|fairness)\/(?<of>.+)\/(?<figure>[^/]+)$/.exec(name)?.groups;
  if (match === undefined) return { name };
  const { kind, of, figure } = match;
  return kind === 'rewards'
    ? { name: `rewards/${RUBRIC}/${figure}`, label: { rubric: of } }
    : { name: `fairness/${GROUP}/${figure}`, label: { group: of } };
}

/** What is known of a metric. One that the catalogue lacks is a bare number that is called by its name. */
export function describeMetric(name: string): MetricDescription {
  return METRIC_CATALOGUE[generalName(name).name] ?? { unit: '', help: name };
}
