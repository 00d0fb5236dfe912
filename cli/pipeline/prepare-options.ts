import type { Engine } from '../../core/engine/engine.js';
import type { AskedJudges } from '../judges/asked-judges.js';
import type { ProgressListener } from './progress.js';
import type { RunRubrics } from './run-rubrics.js';

/** What a run is prepared with. */
export interface PrepareOptions {
  readonly rubrics: RunRubrics;
  readonly engines: readonly Engine[];
  readonly directory: string;
  readonly runId: string;
  /** Answers where a reward model is retrained on the current policy; it is not without it. */
  readonly refreshEngine?: Engine | undefined;
  /** Whoever judges beside the rules. */
  readonly asked: AskedJudges;
  readonly onProgress: ProgressListener;
  readonly signal: AbortSignal;
}
