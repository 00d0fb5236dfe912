import { clippedPolicyLoss } from '../../../math/ppo-loss.js';
import { MAX_LOG_RATIO } from '../../../math/kl.js';
import {
  add,
  choice,
  clamp,
  exponential,
  maximum,
  minimum,
  multiply,
  scale,
  square,
  subtract,
  weightedSum,
} from '../../../network/graph/operations/elementwise.js';
import { linear } from '../../../network/graph/operations/linear.js';
import { fromColumn, toColumn } from '../../../network/graph/operations/reshape.js';
import type { Tape, Tensor } from '../../../network/graph/tape.js';
import type { Feed, Feeds } from '../../../network/session/inference-session.js';
import type { KlKind, LossRequest, MetricSums } from '../../trainer.js';
import { atPlaces, float32, sequenceLength, targetFeed } from '../shard.js';
import type { Shard } from '../shard.js';
import { toPacked } from './loss-program.js';
import type { LossProgram, LossStructure, ShardResult } from './loss-program.js';

type Request = Extract<LossRequest, { type: 'ppo' }>;
type Structure = Extract<LossStructure, { type: 'ppo' }>;

/** Where verl cuts k3 off; the same as in core/math/kl. */
const MAX_K3 = 10;

/**
 * The clipped policy loss of core/math/ppo-loss, minus entropyCoef × entropy, plus coef × a KL estimate against the
 * reference (core/math/kl).
 */
export const ppo: LossProgram<Request, Structure> = {
  places: 'token',
  structure: ({ config }) => ({
    type: 'ppo',
    dualClip: config.dualClip !== undefined,
    ratio: config.ratio,
    entropy: config.entropyCoef !== 0,
    ...(config.kl === undefined ? {} : { kl: config.kl.kind }),
  }),
  build: (tape, model, structure) => {
    const logProbs = model.logProbabilities(tape.graph.input('targets', 'int64', ['place']));
    const weights = tape.data('weights', ['place']);
    let losses = policyLosses(tape, logProbs, structure);
    if (structure.entropy) {
      const bonus = multiply(tape, model.categorical().entropy(), tape.data('entropy_coef', []));
      losses = subtract(tape, losses, bonus);
    }
    if (structure.kl !== undefined) {
      const estimates = klEstimates(tape, logProbs, structure.kl);
      losses = add(tape, losses, multiply(tape, estimates, tape.data('kl_coef', [])));
    }
    return {
      loss: weightedSum(tape, losses, weights),
      outputs: {
        log_probs: { value: logProbs.name, dims: ['place'] },
        entropy: { value: model.categorical().entropy().name, dims: ['place'] },
      },
    };
  },
  feeds: (request, shard, normalizer) => {
    const { batch, config } = request;
    const weights = Float32Array.from(shard.entries, (entry) => batch.weights[entry] / normalizer);
    return {
      targets: targetFeed(batch, shard),
      weights: float32([weights.length], weights),
      advantages: atPlaces(batch.advantages, shard),
      old_log_probs: atPlaces(batch.oldLogProbs, shard),
      ratio_low: scalar(1 - config.epsLow),
      ratio_high: scalar(1 + config.epsHigh),
      ...(config.dualClip === undefined ? {} : { dual_clip: scalar(config.dualClip) }),
      ...(config.entropyCoef === 0 ? {} : { entropy_coef: scalar(config.entropyCoef) }),
      ...(config.ratio === 'sequence' ? membershipFeeds(shard) : {}),
      ...klFeeds(request, shard),
    };
  },
  metrics: policyMetrics,
};

function policyLosses(tape: Tape, logProbs: Tensor, structure: Structure): Tensor {
  const advantages = tape.data('advantages', ['place']);
  const costs = scale(tape, advantages, -1);
  const differences = subtract(tape, logProbs, tape.data('old_log_probs', ['place']));
  const logRatios =
    structure.ratio === 'token' ? clampLogRatio(tape, differences) : sequenceLogRatios(tape, differences);
  const ratios = exponential(tape, logRatios);
  const bounded = clamp(tape, ratios, tape.data('ratio_low', []), tape.data('ratio_high', []));
  const losses = maximum(tape, multiply(tape, ratios, costs), multiply(tape, bounded, costs));
  if (!structure.dualClip) return losses;
  const ceilings = multiply(tape, costs, tape.data('dual_clip', []));
  const isNegative = tape.graph.node('Less', [advantages.name, tape.graph.scalar(0)]);
  return choice(tape, isNegative, minimum(tape, losses, ceilings), losses);
}

/** The mean of each sequence's log-ratios, clamped, at each of its places. [place] */
function sequenceLogRatios(tape: Tape, differences: Tensor): Tensor {
  const averaging = tape.data('averaging', ['sequence', 'place']);
  const membership = tape.data('membership', ['place', 'sequence']);
  const means = clampLogRatio(tape, linear(tape, averaging, toColumn(tape, differences)));
  return fromColumn(tape, linear(tape, membership, means));
}

function klEstimates(tape: Tape, logProbs: Tensor, kind: KlKind): Tensor {
  const delta = clampLogRatio(tape, subtract(tape, logProbs, tape.data('reference_log_probs', ['place'])));
  if (kind === 'k1') return delta;
  if (kind === 'k2') return scale(tape, square(tape, delta), 0.5);
  const excess = add(tape, exponential(tape, scale(tape, delta, -1)), delta);
  const k3 = add(tape, excess, constant(tape, -1));
  return minimum(tape, k3, constant(tape, MAX_K3));
}

function clampLogRatio(tape: Tape, x: Tensor): Tensor {
  return clamp(tape, x, constant(tape, -MAX_LOG_RATIO), constant(tape, MAX_LOG_RATIO));
}

function constant(tape: Tape, value: number): Tensor {
  return { name: tape.graph.scalar(value), shape: [], needsGradient: false };
}

function klFeeds({ batch, config }: Request, shard: Shard): Feeds {
  if (config.kl === undefined || batch.referenceLogProbs === undefined) return {};
  return {
    reference_log_probs: atPlaces(batch.referenceLogProbs, shard),
    kl_coef: scalar(config.kl.coef),
  };
}

function membershipFeeds({ sequences, owners }: Shard): Feeds {
  const [rows, places] = [sequences.length, owners.length];
  const lengths = new Int32Array(rows);
  for (const owner of owners) lengths[owner] += 1;
  const averaging = new Float32Array(rows * places);
  const membership = new Float32Array(places * rows);
  owners.forEach((owner, place) => {
    averaging[owner * places + place] = 1 / lengths[owner];
    membership[place * rows + owner] = 1;
  });
  return { averaging: float32([rows, places], averaging), membership: float32([places, rows], membership) };
}

function policyMetrics({ batch, config }: Request, results: readonly ShardResult[]): MetricSums {
  const logProbs = toPacked(batch.tokenIds.length, results, 'log_probs');
  let [count, clipped, dualClipped, approximateKl, ratio, ratioDeviation, entropy] = [0, 0, 0, 0, 0, 0, 0];
  for (const { shard, outputs } of results) {
    for (const value of outputs['entropy']) entropy += value;
    for (const sequence of shard.sequences) {
      const [from, to] = [batch.offsets[sequence], batch.offsets[sequence] + sequenceLength(batch, sequence)];
      const mask = batch.weights.slice(from, to);
      const loss = clippedPolicyLoss(
        {
          logProbs: logProbs.subarray(from, to),
          oldLogProbs: batch.oldLogProbs.subarray(from, to),
          advantages: batch.advantages.subarray(from, to),
          mask,
        },
        config,
      );
      count += loss.count;
      clipped += loss.clipped;
      dualClipped += loss.dualClipped;
      approximateKl += loss.approximateKl;
      loss.ratios.forEach((value, t) => {
        if (mask[t] === 0) return;
        ratio += value;
        ratioDeviation += Math.abs(value - 1);
      });
    }
  }
  const sums = { clipped, dualClipped, approximateKl, ratio, ratioDeviation, entropy };
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, { sum, count }]));
}

function scalar(value: number): Feed {
  return float32([], Float32Array.of(value));
}
