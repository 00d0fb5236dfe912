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
  /** For the checks by the control judge alone; none are made without it. */
  readonly engine?: Engine | undefined;
}

/** What the reward watch of an experiment's arms holds beside them; the arms share it. */
export function watchProbes(parts: WatchProbeParts): WatchProbes {
  const { inputs, prepared, judges, scorer, engine } = parts;
  const { config } = inputs;
  const { watch = DEFAULT_WATCH } = config;
  const { checkpoint, sampling, heldOutPrompts } = prepared;
  const canaries = inputs.locales.flatMap((served) => {
    const cut = tokenizeCanaries(served.canaries, checkpoint.tokenizer, sampling.maxNewTokens);
    return cut.map((canary) => (inputs.locales.length === 1 ? canary : { ...canary, locale: served.locale }));
  });
  if (engine === undefined) return { canaries };
  const control = new PolicyControl({
    checkpoint,
    heldOutPrompts,
    locales: inputs.locales.map(({ locale }) => locale),
    prompts: watch.controlPrompts,
    sampling,
    judges,
    scorer,
    engine,
    rng: createRng(config.seed).fork('watch'),
  });
  return { canaries, control };
}
