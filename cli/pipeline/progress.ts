/** What a stage says while it works; the terminal, a log and `--json` each show it in their way. */
export interface StageProgress {
  /** For example `SFT` or `PPO rubricA`. */
  readonly stage: string;
  readonly done: number;
  readonly all: number;
  /** What one unit is: steps, prompts, pairs, iterations. */
  readonly unit: string;
  /** Figures worth showing, already named: `loss 1.23`. */
  readonly note?: string;
}

export type ProgressListener = (progress: StageProgress) => void;
