import { invalid, requireWithin } from './argument-checks.js';
import { requireWinsBothWays } from './connectivity.js';
import { minimizeByNewton, type CurvedObjective } from './newton-cg.js';

/** One item was chosen before the others of a set. A ranking is such a choice at each place but the last. */
export interface Choices {
  /** Number of items. */
  readonly items: number;
  /** Where a choice's members begin, and one past the last. [choice + 1] */
  readonly start: Int32Array;
  /** Members of the sets, the chosen one first. */
  readonly members: Int32Array;
}

export interface PlackettLuceFit {
  /** θ, sum 0. [item] */
  readonly strengths: Float64Array;
  readonly logLikelihood: number;
  readonly gradientNorm: number;
  readonly iterations: number;
}

const MAX_ITERATIONS = 200;

/** Rankings, best first, as choices. */
export function choicesOfRankings(items: number, rankings: readonly (readonly number[])[]): Choices {
  const sets = rankings.flatMap((ranking) => ranking.slice(0, -1).map((_, place) => ranking.slice(place)));
  const start = new Int32Array(sets.length + 1);
  for (const [at, set] of sets.entries()) start[at + 1] = start[at] + set.length;
  return { items, start, members: Int32Array.from(sets.flat()) };
}

/**
 * Strengths from choices or rankings: P(chosen) = e^{θ_chosen} / Σ over the set e^θ (Luce 1959, Plackett 1975), penalised
 * by ½λ‖θ‖². Newton's method to ‖gradient‖∞ ≤ 1e-10·(1 + choices). Without a prior (λ = 0) choices that have no finite
 * optimum are refused.
 */
export function fitPlackettLuce(choices: Choices, priorPrecision: number): PlackettLuceFit {
  requireWithin('The prior precision', priorPrecision, 0, Number.MAX_VALUE);
  requireChoices(choices);
  if (priorPrecision === 0) requireWinsBothWays(winsOf(choices));
  const objective = new ChoiceObjective(choices, priorPrecision);
  const { point, value, gradientNorm, iterations } = minimizeByNewton(objective, {
    start: new Float64Array(choices.items),
    tolerance: 1e-10 * choices.start.length,
    maxIterations: MAX_ITERATIONS,
    name: 'The Plackett-Luce fit',
    settle: (next) => {
      const mean = next.reduce((sum, strength) => sum + strength, 0) / next.length;
      for (let item = 0; item < next.length; item += 1) next[item] -= mean;
    },
  });
  const penalty = point.reduce((sum, strength) => sum + (priorPrecision * strength * strength) / 2, 0);
  return { strengths: point, logLikelihood: penalty - value, gradientNorm, iterations };
}

class ChoiceObjective implements CurvedObjective {
  readonly size: number;
  /** P(member is chosen) [member] */
  private readonly probability: Float64Array;

  constructor(
    private readonly choices: Choices,
    private readonly precision: number,
  ) {
    this.size = choices.items;
    this.probability = new Float64Array(choices.members.length);
  }

  evaluate(point: Float64Array, gradient: Float64Array): number {
    const { start, members } = this.choices;
    let value = 0;
    for (let item = 0; item < this.size; item += 1) {
      gradient[item] = this.precision * point[item];
      value += (this.precision * point[item] * point[item]) / 2;
    }
    for (let choice = 0; choice + 1 < start.length; choice += 1) {
      let top = -Infinity;
      for (let at = start[choice]; at < start[choice + 1]; at += 1) top = Math.max(top, point[members[at]]);
      let whole = 0;
      for (let at = start[choice]; at < start[choice + 1]; at += 1)
        whole += Math.exp(point[members[at]] - top);
      value += top + Math.log(whole) - point[members[start[choice]]];
      for (let at = start[choice]; at < start[choice + 1]; at += 1) {
        this.probability[at] = Math.exp(point[members[at]] - top) / whole;
        gradient[members[at]] += this.probability[at];
      }
      gradient[members[start[choice]]] -= 1;
    }
    return value;
  }

  diagonal(into: Float64Array): void {
    into.fill(this.precision);
    this.probability.forEach((share, at) => (into[this.choices.members[at]] += share * (1 - share)));
  }

  product(direction: Float64Array, into: Float64Array): void {
    const { start, members } = this.choices;
    for (let item = 0; item < this.size; item += 1) into[item] = this.precision * direction[item];
    for (let choice = 0; choice + 1 < start.length; choice += 1) {
      let mean = 0;
      for (let at = start[choice]; at < start[choice + 1]; at += 1) {
        mean += this.probability[at] * direction[members[at]];
      }
      for (let at = start[choice]; at < start[choice + 1]; at += 1) {
        into[members[at]] += this.probability[at] * (direction[members[at]] - mean);
      }
    }
  }
}

/** The chosen item's wins over the others, which decide whether an optimum exists. */
function winsOf({ items, start, members }: Choices): Parameters<typeof requireWinsBothWays>[0] {
  const first: number[] = [];
  const second: number[] = [];
  for (let choice = 0; choice + 1 < start.length; choice += 1) {
    for (let at = start[choice] + 1; at < start[choice + 1]; at += 1) {
      first.push(members[start[choice]]);
      second.push(members[at]);
    }
  }
  const none = new Float64Array(first.length);
  return {
    items,
    first: Int32Array.from(first),
    second: Int32Array.from(second),
    wins: new Float64Array(first.length).fill(1),
    losses: none,
    ties: none,
  };
}

function requireChoices({ items, start, members }: Choices): void {
  const outside = members.find((item) => item < 0 || item >= items);
  if (outside !== undefined) throw invalid(`A choice names item ${outside}; items are 0 to ${items - 1}.`);
  for (let choice = 0; choice + 1 < start.length; choice += 1) {
    const set = members.subarray(start[choice], start[choice + 1]);
    if (new Set(set).size < Math.max(2, set.length)) {
      throw invalid(`Choice ${choice} is not among two or more different items.`);
    }
  }
}
