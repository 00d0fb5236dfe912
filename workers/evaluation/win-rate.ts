import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { pairedBootstrap } from '../../core/math/paired-bootstrap.js';
import type { Rng } from '../../core/math/rng.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { point, type ControlJudge } from './control-judge.js';

/** One held-out prompt, answered by two policies. */
export interface Match {
  readonly prompt: Prompt;
  readonly challenger: string;
  readonly incumbent: string;
}

const RESAMPLES = 2000;
const LEVEL = 0.95;

/**
 * Points of the challenger on each prompt, by the judge of the prompt's locale: 1 for a win, a half for a tie, 0 for a
 * loss. [prompt]
 */
export function matchPoints(
  judgeOf: (prompt: Prompt) => ControlJudge,
  matches: readonly Match[],
): Float64Array {
  return Float64Array.from(matches, ({ prompt, challenger, incumbent }) =>
    point(judgeOf(prompt).probabilityFirst(prompt.text, challenger, incumbent)),
  );
}

/** Mean points with a bootstrap interval over prompts. */
export function winRate(points: Float64Array, rng: Rng): IntervalEstimate {
  return pairedBootstrap({ differences: points, resamples: RESAMPLES, rng, level: LEVEL });
}

/** Mean difference in points on the same prompts, with a paired bootstrap interval over prompts. */
export function winRateDifference(points: Float64Array, baseline: Float64Array, rng: Rng): IntervalEstimate {
  const differences = points.map((value, prompt) => value - baseline[prompt]);
  return pairedBootstrap({ differences, resamples: RESAMPLES, rng, level: LEVEL });
}
