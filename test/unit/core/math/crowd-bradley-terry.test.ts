import { comparisonRows, type Comparisons } from '../../../../core/math/comparisons.js';
import { fitCrowdBradleyTerry } from '../../../../core/math/crowd-bradley-terry.js';
import { CrowdObjective } from '../../../../core/math/crowd-objective.js';
import { createRng } from '../../../../core/math/rng.js';
import { itemVotes } from '../../../support/item-votes.js';
import { expectClose } from '../../../support/expect-close.js';

const RELIABILITY = [0.97, 0.85, 0.7, 0.5, 0.12];
const priors = { strengths: 0.2, reliability: [4, 2] as const };

function crowd(
  seed: number,
  votesPerJudge = 1500,
): { comparisons: Comparisons; judgeOf: Int32Array; truth: number[] } {
  const rng = createRng(seed);
  const truth = Array.from({ length: 20 }, () => 1.5 * rng.normal());
  const judges: number[] = [];
  const votes = RELIABILITY.flatMap((reliability, judge) =>
    Array.from({ length: votesPerJudge }, () => {
      const first = rng.integer(20);
      const second = (first + 1 + rng.integer(19)) % 20;
      judges.push(judge);
      const wins = rng.uniform() < 1 / (1 + Math.exp(truth[second] - truth[first]));
      return { first, second, probabilityFirst: Number(rng.uniform() < reliability ? wins : !wins) };
    }),
  );
  return { comparisons: comparisonRows(itemVotes(20, votes)), judgeOf: Int32Array.from(judges), truth };
}

describe('fitCrowdBradleyTerry', () => {
  it('finds reliabilities and strengths, a contrarian’s and a coin’s among them', () => {
    const { comparisons, judgeOf, truth } = crowd(1);
    const fit = fitCrowdBradleyTerry({ comparisons, judgeOf, judges: 5, priors, rng: createRng(2) });
    RELIABILITY.forEach((known, judge) => {
      expect(Math.abs(fit.reliability[judge] - known)).toBeLessThan(0.05);
    });
    const mean = truth.reduce((sum, one) => sum + one, 0) / 20;
    const far = truth.filter(
      (one, item) => Math.abs(fit.strengths[item] - one + mean) > 3 * fit.strengthErrors[item],
    );
    expect(far.length).toBeLessThanOrEqual(1);
    expect(fit.gradientNorm).toBeLessThanOrEqual(1e-8 * (1 + judgeOf.length));
  });

  it('has a gradient that agrees with differences of its objective', () => {
    const { comparisons, judgeOf } = crowd(3, 40);
    const objective = new CrowdObjective({ comparisons, judgeOf, judges: 5, priors });
    const rng = createRng(4);
    const point = Float64Array.from({ length: objective.size }, () => rng.normal());
    const gradient = new Float64Array(objective.size);
    objective.evaluate(point, gradient);
    const numeric = gradient.map((_, at) => {
      const shifted = (by: number): number =>
        objective.evaluate(
          point.map((value, index) => (index === at ? value + by : value)),
          new Float64Array(objective.size),
        );
      return (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
    });
    expectClose(gradient, numeric, 1e-6);
  });

  it('gives the same bits every time, whatever was drawn before', () => {
    const { comparisons, judgeOf } = crowd(5, 100);
    const rng = createRng(6);
    const input = { comparisons, judgeOf, judges: 5, priors, rng };
    const one = fitCrowdBradleyTerry(input);
    rng.uniform();
    expect(fitCrowdBradleyTerry(input)).toEqual(one);
  });

  it('ends with equal strengths and the prior’s reliability where all votes are ties, and stays finite with one judge', () => {
    const ties = comparisonRows(
      itemVotes(3, [
        { first: 0, second: 1, probabilityFirst: 0.5 },
        { first: 1, second: 2, probabilityFirst: 0.5 },
      ]),
    );
    const judgeOf = new Int32Array(2);
    const fit = fitCrowdBradleyTerry({ comparisons: ties, judgeOf, judges: 1, priors, rng: createRng(1) });
    expectClose(fit.strengths, [0, 0, 0], 1e-6);
    expect(fit.reliability[0]).toBeCloseTo(3 / 4, 6);
  });
});
