import { fitDawidSkene } from '../../core/math/dawid-skene.js';
import { ridgeLogisticCovariance } from '../../core/math/ridge-logistic.js';
import { chooseFuser, type FuserChoice } from './choose-fuser.js';
import { averageFuser, type Fuser } from './fuser.js';
import { fuseRows } from './fuse-rows.js';
import { anchorsOf } from './gold-pairs.js';
import type { Gold } from './panel-accuracy.js';
import type { PanelVotes } from './panel-votes.js';
import type { VoteTable } from './vote-table.js';

/** How judges' votes on one pair become one probability. */
export type FuseMethod = 'stack' | 'average' | 'majority' | 'dawid-skene' | 'one-coin';

/** What a method made of each pair. */
export interface FusedPairs {
  /** P(first is better); NaN for a pair that nobody scored. [pair] */
  readonly probabilityFirst: Float64Array;
  /** Of P(first is better), from the anchors' noise in the weights, prompt by prompt. [pair] */
  readonly standardErrors?: Float64Array;
  /** Weight of each judge in the logit, of the stack or of the judge that was chosen. */
  readonly weights?: ReadonlyMap<string, number>;
  /** How the stack fared against the best judge. */
  readonly choice?: FuserChoice;
  /** What a model takes each judge's accuracy to be, by judge id. */
  readonly reliability?: ReadonlyMap<string, number>;
  readonly logLikelihood?: number;
  readonly iterations?: number;
  /** False where EM was stopped before it arrived. */
  readonly converged?: boolean;
}

/** Added to each count of a confusion matrix, so that what was never seen stays possible. */
const SMOOTHING = 0.01;

/** Fuses a table's pairs. The stack needs anchors; Dawid-Skene takes them for known. */
export function fusePairs(
  table: VoteTable,
  method: FuseMethod,
  known: { readonly votes: PanelVotes['votes']; readonly gold: Gold },
): FusedPairs {
  switch (method) {
    case 'stack': {
      const choice = chooseFuser(anchorsOf(known.votes, known.gold));
      const fused = { probabilityFirst: stackedPairs(table, known.votes, choice.fuser.weights) };
      const standardErrors = fusedErrors(table, known, { choice, ...fused });
      return { ...fused, standardErrors, weights: choice.fuser.weights, choice };
    }
    case 'average':
      return fusedBy(table, known.votes, averageFuser);
    case 'majority':
      return { probabilityFirst: shareForFirst(table) };
    case 'dawid-skene':
    case 'one-coin':
      return latentClasses(table, method === 'one-coin', known.gold);
  }
}

function fusedBy(
  { pairs }: VoteTable,
  votes: PanelVotes['votes'],
  fuser: Fuser,
): Pick<FusedPairs, 'probabilityFirst'> {
  return {
    probabilityFirst: Float64Array.from(pairs, ({ id }) => {
      const ofPair = votes.get(id);
      return ofPair === undefined ? NaN : fuser.fuse(ofPair);
    }),
  };
}

/** All pairs by the stack; NaN where nobody voted. */
function stackedPairs(
  { pairs }: VoteTable,
  votes: PanelVotes['votes'],
  weights: ReadonlyMap<string, number>,
): Float64Array {
  const judges = [...weights.keys()];
  const logits = pairs.flatMap(({ id }) => judges.map((judge) => votes.get(id)?.get(judge) ?? 0));
  const fused = fuseRows(Float64Array.from(weights.values()), Float64Array.from(logits));
  return fused.map((probability, at) => (votes.has(pairs[at].id) ? probability : NaN));
}

/** The delta method on p = σ(wᵀx): p(1 − p)·√(xᵀCx), C the weights' covariance by prompt. */
function fusedErrors(
  { pairs }: VoteTable,
  { votes, gold }: { readonly votes: PanelVotes['votes']; readonly gold: Gold },
  { choice, probabilityFirst }: { readonly choice: FuserChoice; readonly probabilityFirst: Float64Array },
): Float64Array {
  const judges = [...choice.fuser.weights.keys()];
  const rowOf = (id: string): number[] => judges.map((judge) => 2 * (votes.get(id)?.get(judge) ?? 0));
  const promptOf = new Map(pairs.map(({ id, prompt }) => [id, prompt ?? `pair ${id}`]));
  const anchors = [...gold].filter(([id]) => votes.has(id));
  const covariance = ridgeLogisticCovariance(
    {
      rows: anchors.map(([id]) => rowOf(id)),
      labels: anchors.map(([, firstIsBetter]) => Number(firstIsBetter)),
      penalty: choice.penalty,
      weights: Float64Array.from(choice.fuser.weights.values()),
    },
    anchors.map(([id]) => promptOf.get(id) ?? id),
  );
  return Float64Array.from(pairs, ({ id }, at) => {
    const row = rowOf(id);
    const variance = row.reduce(
      (sum, a, i) => sum + row.reduce((inner, b, j) => inner + a * b * covariance[i * judges.length + j], 0),
      0,
    );
    const p = probabilityFirst[at];
    return p * (1 - p) * Math.sqrt(Math.max(0, variance));
  });
}

/** A vote counts for the side that it leans to, a tie half for each. */
function shareForFirst({ pairs, pair, outcome, weight }: VoteTable): Float64Array {
  const first = new Float64Array(pairs.length);
  const whole = new Float64Array(pairs.length);
  for (let vote = 0; vote < pair.length; vote += 1) {
    first[pair[vote]] += weight[vote] * (1 + Math.sign(outcome[vote] - 0.5)) * 0.5;
    whole[pair[vote]] += weight[vote];
  }
  return first.map((sum, at) => sum / whole[at]);
}

/** A judge in one order is a worker, so that its confusion holds its position bias. A soft vote is one for each side. */
function latentClasses(table: VoteTable, oneCoin: boolean, gold: Gold): FusedPairs {
  const { pairs, judges, pair, judge, shownFirst, outcome, weight } = table;
  const votes = pair.length;
  const doubled = <T extends Int32Array | Float64Array>(
    array: T,
    of: (vote: number, side: number) => number,
  ): T => {
    for (let vote = 0; vote < votes; vote += 1) {
      array[2 * vote] = of(vote, 0);
      array[2 * vote + 1] = of(vote, 1);
    }
    return array;
  };
  const room = (): Int32Array => new Int32Array(2 * votes);
  const fit = fitDawidSkene({
    units: pairs.length,
    classes: 2,
    workers: 3 * judges.length,
    unit: doubled(room(), (vote) => pair[vote]),
    worker: doubled(room(), (vote) => 3 * judge[vote] + shownFirst[vote] + 1),
    label: doubled(room(), (_vote, side) => side),
    weight: doubled(
      new Float64Array(2 * votes),
      (vote, side) => weight[vote] * (side === 1 ? outcome[vote] : 1 - outcome[vote]),
    ),
    known: Int32Array.from(pairs, ({ id }) => {
      const better = gold.get(id);
      return better === undefined ? -1 : Number(better);
    }),
    oneCoin,
    smoothing: SMOOTHING,
  });
  const scored = new Uint8Array(pairs.length);
  for (const at of pair) scored[at] = 1;
  return {
    probabilityFirst: Float64Array.from(scored, (has, at) => (has === 1 ? fit.posterior[2 * at + 1] : NaN)),
    reliability: new Map(judges.map((name, at) => [name, meanAccuracy(table, fit, at)])),
    logLikelihood: fit.logLikelihood,
    iterations: fit.iterations,
    converged: fit.converged,
  };
}

/** A judge's accuracy over its orders, by votes. */
function meanAccuracy(
  { judge, shownFirst, weight }: VoteTable,
  { accuracy }: { readonly accuracy: Float64Array },
  at: number,
): number {
  let sum = 0;
  let whole = 0;
  for (let vote = 0; vote < judge.length; vote += 1) {
    if (judge[vote] !== at) continue;
    sum += weight[vote] * accuracy[3 * at + shownFirst[vote] + 1];
    whole += weight[vote];
  }
  return sum / whole;
}
