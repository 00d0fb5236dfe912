/**
 * What a comparison's three outcomes have for probabilities, given the lead d = logit-scale difference of the sides and a
 * parameter t for ties. Each model is a negative log-likelihood per row, convex in (d, t), with its derivatives.
 */
import { softplus } from './logistic.js';

/**
 * - `half`: P(first) = σ(d), a tie is half a win for each side (Bradley & Terry 1952). No parameter.
 * - `davidson`: weights e^{d/2} : e^{−d/2} : e^t of first, second and tie; ν = e^t (Davidson 1970, JASA 65:317).
 * - `rao_kupper`: P(first) = σ(d − t), P(second) = σ(−d − t), κ = e^t with t > 0 (Rao & Kupper 1967, JASA 62:194).
 */
export type TieModel = 'half' | 'davidson' | 'rao_kupper';

/** Counts of rows' outcomes. [row] */
export interface OutcomeCounts {
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  readonly ties: Float64Array;
}

/** Derivatives of rows' negative log-likelihoods, by lead (d) and tie parameter (t). [row] */
export interface RowDerivatives {
  readonly d: Float64Array;
  readonly t: Float64Array;
  readonly dd: Float64Array;
  readonly dt: Float64Array;
  readonly tt: Float64Array;
}

/** Room for the derivatives of that many rows under a model; those by a tie parameter that it has not have none. */
export function rowDerivatives(rows: number, model: TieModel): RowDerivatives {
  const room = (size: number): Float64Array => new Float64Array(size);
  const ties = model === 'half' ? 0 : rows;
  return { d: room(rows), dd: room(rows), t: room(ties), dt: room(ties), tt: room(ties) };
}

/** Where the search for the tie parameter begins: a value at which all three outcomes are likely. */
export function firstTieParameter(model: TieModel): number {
  return model === 'rao_kupper' ? 0.5 : 0;
}

/**
 * Σ of the rows' negative log-likelihoods at leads [row] and tie parameter; writes the derivatives. Infinite where the
 * parameter is outside of its model's domain.
 */
export function tieLikelihood(
  model: TieModel,
  counts: OutcomeCounts,
  at: { readonly leads: Float64Array; readonly tie: number },
  into: RowDerivatives,
): number {
  switch (model) {
    case 'half':
      return halfTies(counts, at.leads, into);
    case 'davidson':
      return davidson(counts, at, into);
    case 'rao_kupper':
      return at.tie > 0 ? raoKupper(counts, at, into) : Infinity;
  }
}

/** Probabilities of first, second and tie. */
export function outcomeProbabilities(
  model: TieModel,
  lead: number,
  tie: number,
): readonly [first: number, second: number, tie: number] {
  if (model === 'half') {
    const first = Math.exp(-softplus(-lead));
    return [first, 1 - first, 0];
  }
  if (model === 'davidson') {
    const top = Math.max(Math.abs(lead) / 2, tie);
    const parts = [Math.exp(lead / 2 - top), Math.exp(-lead / 2 - top), Math.exp(tie - top)];
    const whole = parts[0] + parts[1] + parts[2];
    return [parts[0] / whole, parts[1] / whole, parts[2] / whole];
  }
  const first = Math.exp(-softplus(tie - lead));
  const second = Math.exp(-softplus(tie + lead));
  return [first, second, Math.expm1(2 * tie) * first * second];
}

function halfTies({ wins, losses, ties }: OutcomeCounts, leads: Float64Array, into: RowDerivatives): number {
  let value = 0;
  for (let row = 0; row < leads.length; row += 1) {
    const lead = leads[row];
    const tied = ties[row] / 2;
    const won = wins[row] + tied;
    const count = won + losses[row] + tied;
    const small = Math.exp(-Math.abs(lead));
    const rest = 1 / (1 + small);
    const first = lead >= 0 ? rest : small * rest;
    // A plain logarithm is right to 1e-16 here, and takes half the time of log1p.
    value += count * (Math.max(lead, 0) + Math.log(1 + small)) - won * lead;
    into.d[row] = count * first - won;
    into.dd[row] = count * small * rest * rest;
  }
  return value;
}

function davidson(
  { wins, losses, ties }: OutcomeCounts,
  { leads, tie }: { readonly leads: Float64Array; readonly tie: number },
  into: RowDerivatives,
): number {
  let value = 0;
  for (let row = 0; row < leads.length; row += 1) {
    const half = leads[row] / 2;
    const count = wins[row] + losses[row] + ties[row];
    const top = Math.max(Math.abs(half), tie);
    const up = Math.exp(half - top);
    const down = Math.exp(-half - top);
    const even = Math.exp(tie - top);
    const whole = up + down + even;
    const difference = (up - down) / whole;
    const tied = even / whole;
    value += count * (top + Math.log(whole)) - (wins[row] - losses[row]) * half - ties[row] * tie;
    into.d[row] = (count * difference - wins[row] + losses[row]) / 2;
    into.t[row] = count * tied - ties[row];
    into.dd[row] = (count * (1 - tied - difference * difference)) / 4;
    into.dt[row] = (-count * difference * tied) / 2;
    into.tt[row] = count * tied * (1 - tied);
  }
  return value;
}

function raoKupper(
  { wins, losses, ties }: OutcomeCounts,
  { leads, tie }: { readonly leads: Float64Array; readonly tie: number },
  into: RowDerivatives,
): number {
  // A tie is log(κ² − 1) + log P(first) + log P(second), so it counts for both sides.
  const gap = Math.expm1(2 * tie);
  const gapSlope = (2 * (gap + 1)) / gap;
  const gapCurvature = (4 * (gap + 1)) / (gap * gap);
  let value = 0;
  for (let row = 0; row < leads.length; row += 1) {
    const won = wins[row] + ties[row];
    const lost = losses[row] + ties[row];
    const missFirst = 1 / (1 + Math.exp(leads[row] - tie));
    const missSecond = 1 / (1 + Math.exp(-leads[row] - tie));
    value += won * softplus(tie - leads[row]) + lost * softplus(tie + leads[row]) - ties[row] * Math.log(gap);
    into.d[row] = lost * missSecond - won * missFirst;
    into.t[row] = won * missFirst + lost * missSecond - ties[row] * gapSlope;
    const curvedFirst = won * missFirst * (1 - missFirst);
    const curvedSecond = lost * missSecond * (1 - missSecond);
    into.dd[row] = curvedFirst + curvedSecond;
    into.dt[row] = curvedSecond - curvedFirst;
    into.tt[row] = curvedFirst + curvedSecond + ties[row] * gapCurvature;
  }
  return value;
}
