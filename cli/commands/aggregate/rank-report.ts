import { setImmediate } from 'node:timers/promises';
import { invalid } from '../../../core/math/argument-checks.js';
import type { ItemVotes } from '../../../core/math/comparisons.js';
import { comparisonRows } from '../../../core/math/comparisons.js';
import { fitCrowdBradleyTerry } from '../../../core/math/crowd-bradley-terry.js';
import { eloRatings } from '../../../core/math/elo.js';
import { propagateExpectations } from '../../../core/math/expectation-propagation.js';
import { normalQuantile } from '../../../core/math/normal-quantile.js';
import { quantile } from '../../../core/math/quantile.js';
import type { Rng } from '../../../core/math/rng.js';
import type { TieModel } from '../../../core/math/tie-model.js';
import { bootstrapStrengths } from '../../../reward/preference/bootstrap-strengths.js';
import type { FusedPairs } from '../../../reward/preference/fuse-table.js';
import { judgeTerms, type JudgeTerm } from '../../../reward/preference/judge-terms.js';
import {
  itemVotesOfTable,
  rankItems,
  type RankedItem,
  type Ranking,
} from '../../../reward/preference/rank-items.js';
import type { VoteTable } from '../../../reward/preference/vote-table.js';
import type { AggregateResult, FittedTerm, RankMethod } from './aggregate-result.js';
import { influenceReport } from './influence-report.js';
import type { AggregateInput } from './aggregate-input.js';

/** Ranked items as the result holds them, and what other parts of it need. */
export interface RankReport {
  readonly result: Pick<Partial<AggregateResult>, 'items' | 'terms' | 'ties' | 'groups' | 'influence'>;
  readonly fit: Pick<Partial<AggregateResult>, 'logLikelihood' | 'gradientNorm' | 'iterations'>;
  readonly strengthOf: ReadonlyMap<string, number>;
  readonly reliability?: ReadonlyMap<string, number>;
  readonly warnings: readonly string[];
}

/** Shapes of the Beta prior on a judge's reliability: more often sincere than not. */
const CROWD_PRIOR = [4, 2] as const;
const ELO_K = 4;
/** Expectation propagation takes votes × items² operations a sweep. */
const MOST_GAUSSIAN = 2e9;
const TIE_MODELS: Readonly<Partial<Record<RankMethod, TieModel>>> = {
  davidson: 'davidson',
  'rao-kupper': 'rao_kupper',
};

/** Ranks a table's items by its votes, or by pairs that were fused of them. */
export async function rankReport(
  input: AggregateInput,
  by: { readonly method: RankMethod } | { readonly fused: FusedPairs | undefined },
  rng: Rng,
): Promise<RankReport> {
  const votes = itemVotesOfTable(input.table, input.options.votes);
  if ('fused' in by) return fusedRanking(input, votes, by.fused);
  switch (by.method) {
    case 'crowd-bt':
      return crowdRanking(input, votes, rng);
    case 'thurstone':
      return gaussianRanking(input, votes);
    case 'elo':
      return plainReport(input.table, eloRatings(votes, { k: ELO_K }));
    case 'bradley-terry':
    case 'davidson':
    case 'rao-kupper':
      return votedRanking(input, votes, { ties: TIE_MODELS[by.method] ?? 'half', rng });
  }
}

async function votedRanking(
  input: AggregateInput,
  plainVotes: ItemVotes,
  { ties, rng }: { readonly ties: TieModel; readonly rng: Rng },
): Promise<RankReport> {
  const { table, options, clusterOf } = input;
  const named = judgeTerms(table, {
    length: options.lengthTerm,
    copies: options.copies,
    ...(options.orderTerms === 'none' || !table.hasOrders ? {} : { order: options.orderTerms }),
  });
  const votes = named === undefined ? plainVotes : { ...plainVotes, terms: named.terms };
  const priors = priorsOf(options.prior);
  const ranking = rankItems(votes, table.items, {
    ties,
    priors,
    level: options.level,
    ...(clusterOf === undefined ? {} : { clusterOf }),
  });
  const items =
    options.bootstrap === 0
      ? ranking.items
      : await withBootstrap(input, ranking, { votes, ties, rng: rng.fork('bootstrap') });
  return {
    result: {
      groups: ranking.groups,
      items,
      ...(named === undefined ? {} : { terms: fittedTerms(ranking, named.names, options.level) }),
      ...(ranking.fit.tie === undefined
        ? {}
        : { ties: { model: ties, parameter: Math.exp(ranking.fit.tie) } }),
      ...influenceReport(ranking, table, { priors, ties }),
    },
    fit: fitOf(ranking),
    strengthOf: strengthsOf(items),
    warnings: errorWarnings(items),
  };
}

/** Fused pairs are soft votes of one judge: the panel. */
function fusedRanking(
  { table, options }: AggregateInput,
  votes: ItemVotes,
  fused: FusedPairs | undefined,
): RankReport {
  const probability = fused?.probabilityFirst ?? new Float64Array(0);
  const pairs = [...probability.keys()].filter((pair) => !Number.isNaN(probability[pair]));
  const side = (at: 0 | 1): Int32Array =>
    Int32Array.from(pairs, (pair) => table.pairs[pair].items?.[at] ?? -1);
  const prompts = pairs.map((pair) => table.pairs[pair].prompt ?? `pair ${pair}`);
  const numbers = new Map([...new Set(prompts)].map((prompt, at) => [prompt, at]));
  const ranking = rankItems(
    {
      items: votes.items,
      first: side(0),
      second: side(1),
      outcome: Float64Array.from(pairs, (pair) => probability[pair]),
    },
    table.items,
    {
      ties: 'half',
      priors: priorsOf(options.prior),
      level: options.level,
      ...(numbers.size < 2
        ? {}
        : { clusterOf: Int32Array.from(prompts, (prompt) => numbers.get(prompt) ?? 0) }),
    },
  );
  return {
    result: { groups: ranking.groups, items: ranking.items },
    fit: fitOf(ranking),
    strengthOf: strengthsOf(ranking.items),
    warnings: errorWarnings(ranking.items),
  };
}

function crowdRanking({ table, options, anchors }: AggregateInput, votes: ItemVotes, rng: Rng): RankReport {
  if (options.prior === 0)
    throw invalid('Crowd-BT needs a prior on strengths; leave --prior away or make it positive.');
  const fit = fitCrowdBradleyTerry({
    comparisons: comparisonRows(votes),
    judgeOf: table.judge,
    judges: table.judges.length,
    priors: { strengths: options.prior, reliability: CROWD_PRIOR },
    ...(anchors.gold.size === 0 ? {} : { startReliability: reliabilityOnAnchors(table, anchors.gold) }),
    rng,
  });
  const report = plainReport(table, fit.strengths, { errors: fit.strengthErrors, level: options.level });
  const { logLikelihood, gradientNorm, iterations, agreeingStarts, starts } = fit;
  return {
    ...report,
    fit: { logLikelihood, gradientNorm, iterations },
    reliability: new Map(table.judges.map((judge, at) => [judge, fit.reliability[at]])),
    warnings:
      agreeingStarts === starts
        ? []
        : [
            `Crowd-BT has several optima: ${agreeingStarts} of ${starts} searches ended at the best one, which is given.`,
          ],
  };
}

function gaussianRanking({ table, options }: AggregateInput, votes: ItemVotes): RankReport {
  if (options.prior === 0)
    throw invalid('A Gaussian posterior needs a prior; leave --prior away or make it positive.');
  if (votes.outcome.some((y) => y !== 0 && y !== 1)) {
    throw invalid(
      'Method thurstone takes votes for one side only; ties and probabilities need bradley-terry or davidson.',
    );
  }
  if (votes.first.length * votes.items ** 2 > MOST_GAUSSIAN) {
    throw invalid(
      `Method thurstone is for small tables; ${votes.first.length} votes on ${votes.items} items take too long.`,
    );
  }
  const won = (vote: number): boolean => votes.outcome[vote] === 1;
  const posterior = propagateExpectations(
    votes.items,
    {
      winners: votes.first.map((item, vote) => (won(vote) ? item : votes.second[vote])),
      losers: votes.second.map((item, vote) => (won(vote) ? item : votes.first[vote])),
    },
    { priorVariance: 1 / options.prior, link: 'probit' },
  );
  const errors = posterior.mean.map((_, item) => Math.sqrt(posterior.covariance[item * (votes.items + 1)]));
  const report = plainReport(table, posterior.mean, { errors, level: options.level });
  return { ...report, fit: { iterations: posterior.iterations } };
}

/** Strengths that came without ranks. */
function plainReport(
  { items: names }: VoteTable,
  strengths: Float64Array,
  known?: { readonly errors: Float64Array; readonly level: number },
): RankReport {
  const half = known === undefined ? NaN : normalQuantile((1 + known.level) / 2);
  const items = [...strengths].map((strength, at): RankedItem => {
    const error = known?.errors[at] ?? NaN;
    if (Number.isNaN(error)) return { item: names[at], strength };
    return {
      item: names[at],
      strength,
      standardError: error,
      low: strength - half * error,
      high: strength + half * error,
    };
  });
  items.sort((a, b) => b.strength - a.strength || (a.item < b.item ? -1 : 1));
  return { result: { items }, fit: {}, strengthOf: strengthsOf(items), warnings: [] };
}

async function withBootstrap(
  { table, options, clusterOf, onProgress }: AggregateInput,
  { items, fit }: Ranking,
  { votes, ties, rng }: { readonly votes: ItemVotes; readonly ties: TieModel; readonly rng: Rng },
): Promise<NonNullable<AggregateResult['items']>> {
  if (options.prior === 0)
    throw invalid('The bootstrap needs a prior: a resample may leave an item without a win.');
  const resampling = {
    ...{ votes, fit, ties, rng },
    priors: priorsOf(options.prior),
    clusterOf: clusterOf ?? Int32Array.from(table.judge.keys()),
  };
  const strengths: Float64Array[] = [];
  for (let from = 0; from < options.bootstrap; from += 1) {
    strengths.push(...bootstrapStrengths({ ...resampling, from, to: from + 1 }));
    onProgress({ stage: 'bootstrap', done: from + 1, all: options.bootstrap, unit: 'resamples' });
    // A person's wish to stop is heard between resamples only.
    await setImmediate();
  }
  const numbers = new Map(table.items.map((item, at) => [item, at]));
  return items.map((item) => {
    const at = numbers.get(item.item) ?? -1;
    const sorted = Float64Array.from(strengths, (one) => one[at]).sort();
    const bounds = [(1 - options.level) / 2, (1 + options.level) / 2].map((p) => quantile(sorted, p));
    return { ...item, bootstrap: [bounds[0], bounds[1]] as const };
  });
}

/** Terms and ties get the strengths' prior: a judge that always says "first" has no finite bias either. */
function priorsOf(precision: number): { strengths: number; terms: number; tie: number } {
  return { strengths: precision, terms: precision, tie: precision };
}

function fitOf({ fit }: Ranking): RankReport['fit'] {
  const { logLikelihood, gradientNorm, iterations } = fit;
  return { logLikelihood, gradientNorm, iterations };
}

function fittedTerms({ fit, termErrors }: Ranking, names: readonly JudgeTerm[], level: number): FittedTerm[] {
  const half = normalQuantile((1 + level) / 2);
  return names.map((name, at): FittedTerm => {
    const value = fit.terms[at];
    const error = termErrors[at];
    if (Number.isNaN(error)) return { ...name, value };
    return { ...name, value, standardError: error, low: value - half * error, high: value + half * error };
  });
}

/** A judge's share of right votes on anchors, one right and one wrong added. [judge] */
function reliabilityOnAnchors(table: VoteTable, gold: ReadonlyMap<string, boolean>): Float64Array {
  const right = new Float64Array(table.judges.length).fill(1);
  const whole = new Float64Array(table.judges.length).fill(2);
  for (let vote = 0; vote < table.judge.length; vote += 1) {
    const better = gold.get(table.pairs[table.pair[vote]].id);
    if (better === undefined) continue;
    whole[table.judge[vote]] += 1;
    right[table.judge[vote]] += better ? table.outcome[vote] : 1 - table.outcome[vote];
  }
  return right.map((count, judge) => count / whole[judge]);
}

function strengthsOf(items: readonly RankedItem[]): Map<string, number> {
  return new Map(items.map(({ item, strength }) => [item, strength]));
}

function errorWarnings(items: readonly RankedItem[]): string[] {
  const bare = items.filter(({ standardError }) => standardError === undefined).length;
  if (bare === 0) return [];
  return [
    `${bare} items have no standard error: nobody scored a vote on them, or there are too many for it.`,
  ];
}
