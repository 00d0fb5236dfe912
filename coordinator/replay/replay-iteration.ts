/**
 * One update of a run, recomputed from what was stored and compared with what was recorded. Its inputs are those of the
 * record, also where the trainer now says something else about them, so that a difference shows where it arises:
 *
 *   log-probabilities and values   by the trainer, from the models as the update found them
 *   advantages and returns         by the pure functions, from the stored estimates and outcomes
 *   losses and gradient norms      by the trainer, over the stored minibatches
 */
import type { Trainer } from '../../core/trainer/trainer.js';
import { Evaluator } from '../evaluate/evaluator.js';
import { createRunModels, deleteRunModels, modelSeed } from '../models/run-models.js';
import type { RunModels } from '../models/run-models.js';
import type { TrainerSession } from '../models/trained-model.js';
import { takeSteps } from '../update/take-steps.js';
import { compareCheckpoint, comparePolicy } from './compare-models.js';
import type { HashComparison } from './compare-models.js';
import type { QuantityComparison } from './compare-quantity.js';
import { compareUpdate } from './compare-update.js';
import { rebuildModels } from './rebuild-models.js';
import type { RebuildOptions, ReplayedPolicy } from './rebuild-models.js';
import { recordedUpdate } from './recorded-update.js';
import type { RecordedUpdate } from './recorded-update.js';
import { findStart } from './replay-start.js';
import { iterationOf, readUpdate } from './run-history.js';

export interface ReplayOptions extends Pick<RebuildOptions, 'history' | 'scratch' | 'signal' | 'onUpdate'> {
  readonly trainer: Trainer;
  readonly session: TrainerSession;
  readonly iteration: number;
}

export interface IterationReplay {
  readonly iteration: number;
  /** The iteration from which updates were recomputed, and whether a checkpoint or the run's first policy stood there. */
  readonly from: { readonly iteration: number; readonly isCheckpoint: boolean };
  /** Policies of the iterations before, in order. */
  readonly before: readonly ReplayedPolicy[];
  readonly hashes: readonly HashComparison[];
  readonly quantities: readonly QuantityComparison[];
}

/** Replays up to the iteration from the latest start that is left, then compares it. See `findStart` for what is refused. */
export async function replayIteration(options: ReplayOptions): Promise<IterationReplay> {
  const { trainer, session, history, iteration } = options;
  const start = await findStart(history, iteration);
  const recorded = recordedUpdate(await readUpdate(history, iterationOf(history, iteration)));
  const { algorithm } = recorded.lesson;
  const spec = { base: start.base, seed: modelSeed(history.run.seed), algorithm };
  const models = await createRunModels(trainer, session, spec);
  try {
    const before = await rebuildModels({ ...options, models, start, until: iteration });
    const from = { iteration: start.iteration, isCheckpoint: start.manifest !== undefined };
    return { iteration, from, before, ...(await compared(models, recorded, options)) };
  } finally {
    await deleteRunModels(models);
  }
}

async function compared(
  models: RunModels,
  recorded: RecordedUpdate,
  options: ReplayOptions,
): Promise<Pick<IterationReplay, 'hashes' | 'quantities'>> {
  const { history, iteration, signal } = options;
  const { lesson, steps, record } = recorded;
  const estimates = await new Evaluator(models).estimate(lesson.estimates.packed);
  const update = await takeSteps(models, lesson, steps, signal);
  const kl = iterationOf(history, iteration).metrics['objective/kl'];
  const policy = await comparePolicy(models.policy, record, options);
  return {
    hashes: [policy.hash, ...(await compareCheckpoint(models, options))],
    quantities: [...compareUpdate(recorded, { estimates, update }, kl), ...policy.weights],
  };
}
