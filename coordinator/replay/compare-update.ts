import { estimateAdvantages } from '../advantage/estimate-advantages.js';
import { joinFloats } from '../advantage/join-floats.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { Update } from '../update/take-steps.js';
import type { StepTaken } from '../update/train-model.js';
import type { UpdateRecord } from '../update/update-record.js';
import { compareQuantity } from './compare-quantity.js';
import type { QuantityComparison } from './compare-quantity.js';
import type { RecordedUpdate } from './recorded-update.js';

/** What was computed again from a recorded update. */
export interface RecomputedUpdate {
  readonly estimates: Estimates;
  readonly update: Update;
}

/** Every quantity of an update, in the order in which they follow from each other. `kl` is what the run recorded, in nats. */
export function compareUpdate(
  recorded: RecordedUpdate,
  { estimates, update }: RecomputedUpdate,
  kl: number,
): QuantityComparison[] {
  const { policySteps, criticSteps } = recorded.record;
  return [
    ...compareEstimates(recorded.lesson.estimates, estimates),
    compareQuantity('KL per answer', {
      recorded: [kl],
      recomputed: [advantagesOf(recorded, estimates).klPerSequence],
      cancels: true,
    }),
    ...compareAdvantages(recorded),
    ...compareSteps('policy', policySteps, update.policySteps),
    ...compareSteps('critic', criticSteps, update.criticSteps),
  ];
}

function advantagesOf(
  { lesson, rewards, reward }: RecordedUpdate,
  estimates: Estimates,
): ReturnType<typeof estimateAdvantages> {
  const { algorithm, beta } = lesson;
  return estimateAdvantages({ estimates, rewards, reward, algorithm, beta });
}

function compareEstimates(recorded: Estimates, recomputed: Estimates): QuantityComparison[] {
  const compare = (quantity: string, before: Float32Array, after: Float32Array): QuantityComparison =>
    compareQuantity(quantity, { recorded: before, recomputed: after });
  return [
    compare('log-probabilities', recorded.oldLogProbs, recomputed.oldLogProbs),
    compare('reference log-probabilities', recorded.referenceLogProbs, recomputed.referenceLogProbs),
    ...(recorded.values === undefined || recomputed.values === undefined
      ? []
      : [compare('values', recorded.values, recomputed.values)]),
  ];
}

function compareAdvantages(recorded: RecordedUpdate): QuantityComparison[] {
  const { trajectories } = recorded.lesson;
  const again = advantagesOf(recorded, recorded.lesson.estimates).trajectories;
  const compare = (quantity: string, name: 'advantages' | 'weights'): QuantityComparison =>
    compareQuantity(quantity, {
      recorded: joinFloats(trajectories.map((one) => one[name])),
      recomputed: joinFloats(again.map((one) => one[name])),
    });
  const returns = again.map((one) => one.returns ?? one.advantages.map(() => 0));
  return [
    compare('advantages', 'advantages'),
    ...(trajectories.some((one) => one.returns !== undefined)
      ? [
          compareQuantity('returns', {
            recorded: joinFloats(trajectories.flatMap((one) => one.returns ?? [])),
            recomputed: joinFloats(returns),
          }),
        ]
      : []),
    compare('token weights', 'weights'),
  ];
}

/** Losses and gradient norms of steps that were taken again. */
export function compareSteps(
  model: string,
  recorded: UpdateRecord['policySteps'],
  taken: readonly StepTaken[],
): QuantityComparison[] {
  if (recorded.length === 0 && taken.length === 0) return [];
  // A number that was not finite is not in the record, whichever it was.
  const finite = (number: number): number => (Number.isFinite(number) ? number : NaN);
  return [
    compareQuantity(`${model} losses`, {
      recorded: recorded.map(({ loss }) => loss ?? NaN),
      recomputed: taken.map(({ loss }) => finite(loss)),
      cancels: true,
    }),
    compareQuantity(`${model} gradient norms`, {
      recorded: recorded.map(({ gradNorm }) => gradNorm ?? NaN),
      recomputed: taken.map(({ gradNorm }) => finite(gradNorm)),
    }),
  ];
}
