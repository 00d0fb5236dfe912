import type { BradleyTerryFit, BradleyTerryPriors } from '../../core/math/bradley-terry-fit.js';
import type { Comparisons } from '../../core/math/comparisons.js';
import type { ItemGroups } from '../../core/math/connectivity.js';
import {
  parameterCovariance,
  standardErrors,
  type CovarianceInput,
} from '../../core/math/parameter-covariance.js';
import type { TieModel } from '../../core/math/tie-model.js';

export interface ErrorInput {
  /** Every vote a row. */
  readonly rows: Comparisons;
  readonly fit: BradleyTerryFit;
  readonly groups: ItemGroups;
  readonly ties: TieModel;
  readonly priors: BradleyTerryPriors;
  readonly clusterOf?: Int32Array;
}

/** Parameters whose errors are computed together: dense algebra. */
const MOST_TOGETHER = 1500;

/**
 * Sandwich errors of (θ [item], β [term]). Of more parameters than can be done together, groups that share nothing, such as
 * the answers to each of many prompts, are done one by one, each about its own mean. NaN for an item without a scored vote,
 * of which nothing is known, and for groups that are too large.
 */
export function strengthErrors(input: ErrorInput): Float64Array {
  const { rows, fit } = input;
  const parameters = fit.strengths.length + fit.terms.length;
  const canPart = fit.terms.length === 0 && fit.tie === undefined;
  const errors =
    parameters <= MOST_TOGETHER
      ? standardErrors(parameterCovariance(covarianceInput(input)))
      : canPart
        ? errorsByGroup(input)
        : new Float64Array(parameters).fill(NaN);
  const weight = new Float64Array(rows.items);
  for (let row = 0; row < rows.first.length; row += 1) {
    const votes = rows.wins[row] + rows.losses[row] + rows.ties[row];
    weight[rows.first[row]] += votes;
    weight[rows.second[row]] += votes;
  }
  weight.forEach((votes, item) => {
    if (votes === 0) errors[item] = NaN;
  });
  return errors;
}

function errorsByGroup(input: ErrorInput): Float64Array {
  const { rows, fit, groups, clusterOf } = input;
  const items = membersOf(groups.groupOf, groups.count);
  const members = membersOf(
    rows.first.map((item) => groups.groupOf[item]),
    groups.count,
  );
  const errors = new Float64Array(rows.items).fill(NaN);
  for (const [group, ofGroup] of items.entries()) {
    if (ofGroup.length > MOST_TOGETHER) continue;
    const place = new Map(ofGroup.map((item, at) => [item, at]));
    const part = members[group];
    const pick = (array: Float64Array): Float64Array => Float64Array.from(part, (row) => array[row]);
    const side = (array: Int32Array): Int32Array =>
      Int32Array.from(part, (row) => place.get(array[row]) ?? -1);
    const covariance = parameterCovariance(
      covarianceInput({
        ...input,
        rows: {
          items: ofGroup.length,
          ...{ first: side(rows.first), second: side(rows.second) },
          ...{ wins: pick(rows.wins), losses: pick(rows.losses), ties: pick(rows.ties) },
        },
        fit: { ...fit, strengths: Float64Array.from(ofGroup, (item) => fit.strengths[item]) },
        ...(clusterOf === undefined ? {} : { clusterOf: renumbered(part.map((row) => clusterOf[row])) }),
      }),
    );
    standardErrors(covariance).forEach((error, at) => (errors[ofGroup[at]] = error));
  }
  return errors;
}

/** A group whose votes are all of one cluster has its votes err one by one: there is nothing else to tell by. */
function covarianceInput({ rows, fit, priors, ties, clusterOf }: ErrorInput): CovarianceInput {
  const isClustered = clusterOf !== undefined && clusterOf.some((cluster) => cluster !== clusterOf[0]);
  return {
    ...{ comparisons: rows, fit, priors, errors: 'sandwich' as const },
    ...(fit.tie === undefined ? {} : { ties }),
    ...(isClustered ? { clusterOf } : {}),
  };
}

/** Places of an array by the group at each. [group][…] */
function membersOf(groupOf: Int32Array, count: number): number[][] {
  const members: number[][] = Array.from({ length: count }, () => []);
  groupOf.forEach((group, at) => members[group].push(at));
  return members;
}

function renumbered(clusters: readonly number[]): Int32Array {
  const numbers = new Map<number, number>();
  for (const cluster of clusters) if (!numbers.has(cluster)) numbers.set(cluster, numbers.size);
  return Int32Array.from(clusters, (cluster) => numbers.get(cluster) ?? 0);
}
