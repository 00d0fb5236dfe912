/** Where a run's metrics can go, by the names that a configuration has for it. */
export const METRICS_KINDS = ['jsonl', 'tensorboard', 'wandb', 'prometheus'] as const;

export type MetricsKind = (typeof METRICS_KINDS)[number];
