import { DEFAULT_WATCH } from '../../core/config/watch-options.js';
import type { Engine } from '../../core/engine/engine.js';
import { createRng } from '../../core/math/rng.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { WatchProbes } from '../../coordinator/watch/reward-watch.js';
import type { ControlJudge } from '../../workers/evaluation/control-judge.js';
import { tokenizeCanaries } from './canaries.js';
import { PolicyControl } from './policy-control.js';
import type { PreparedRun } from './prepare-run.js';
import type { RunInputs } from './run-inputs.js';

export interface WatchProbeParts {
  readonly inputs: RunInputs;
  readonly prepared: Pick<PreparedRun, 'checkpoint' | 'sampling' | 'heldOutPrompts'>;
  /** By rubric id. */
  readonly judges: ReadonlyMap<string, ControlJudge>;
  readonly scorer: Scorer;
  /** Opens an engine for the checks alone. */
  readonly openEngine: () => Promise<Engine>;
}

/** What the reward watch of an experiment's arms holds beside them; the arms share it. */
export function watchProbes(parts: WatchProbeParts): WatchProbes {
  const { inputs, prepared, judges, scorer, openEngine } = parts;
  const { config } = inputs;
  const { watch = DEFAULT_WATCH } = config;
  const { checkpoint, sampling, heldOutPrompts } = prepared;
  return {
    canaries: tokenizeCanaries(inputs.canaries, checkpoint.tokenizer, sampling.maxNewTokens),
    control: new PolicyControl({
      checkpoint,
      heldOutPrompts,
      prompts: watch.controlPrompts,
      sampling,
      judges,
      scorer,
      openEngine,
      rng: createRng(config.seed).fork('watch'),
    }),
  };
}
