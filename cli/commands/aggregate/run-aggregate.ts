import { createRng, type Rng } from '../../../core/math/rng.js';
import { fusePairs, type FusedPairs } from '../../../reward/preference/fuse-table.js';
import { panelAgreement } from '../../../reward/preference/panel-agreement.js';
import { collectVotes } from '../../../reward/preference/panel-votes.js';
import { clustersOf } from '../../../reward/preference/rank-items.js';
import { verdictsOfTable } from '../../../reward/preference/verdicts-of-table.js';
import { buildVoteTable, type VoteTable } from '../../../reward/preference/vote-table.js';
import { BadInputError } from '../../../core/errors.js';
import type { ProgressListener } from '../../pipeline/progress.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { accuracyOfPairs, fusedAccuracy } from './accuracy-report.js';
import type { AggregateMethod, AggregateResult, FusedPair } from './aggregate-result.js';
import type { AggregateInput, AggregateOptions } from './aggregate-input.js';
import { aggregateText } from './aggregate-text.js';
import { readAnchors, type Anchors } from './anchor-lines.js';
import { judgeReports } from './judge-reports.js';
import { rankReport, type RankReport } from './rank-report.js';
import { readTable } from './read-table.js';
import { aggregateReport } from './report/aggregate-report.js';
import { readVotes } from './vote-lines.js';
import { writeReport } from './write-report.js';

const NO_ANCHORS: Anchors = { gold: new Map(), unknown: [] };

/** Aggregates a file of votes, without a run, and writes the page that was asked for. */
export async function runAggregate(options: AggregateOptions, session: Session): Promise<CommandResult> {
  const result = await aggregateFile(options, stoppableProgress(session));
  if (options.report === undefined) return { json: result, text: aggregateText(result) };
  await writeReport(options.report, aggregateReport(result));
  const json: AggregateResult = { ...result, report: options.report };
  return { json, text: `${aggregateText(result)}\n\nReport: ${options.report}` };
}

/** What a file of votes says, with the anchors that are known. */
export async function aggregateFile(
  options: AggregateOptions,
  onProgress: ProgressListener,
): Promise<AggregateResult> {
  const { votes, rubric, unread } = await readVotes(options.votes, options.rubric);
  const table = buildVoteTable(votes, options.votes);
  if (options.items !== undefined) await requireKnownItems(table, options.items, options.votes);
  const anchors =
    options.anchors === undefined ? NO_ANCHORS : await readAnchors(options.anchors, table, rubric);
  const clusterOf = clustersOf(table, options.cluster);
  return aggregateTable(
    { table, anchors, clusterOf, options, onProgress },
    { unread, ...(rubric === undefined ? {} : { rubric }) },
  );
}

/** The whole result of a table: a function of votes, anchors and options alone. */
async function aggregateTable(
  input: AggregateInput,
  file: { readonly unread: readonly string[]; readonly rubric?: string },
): Promise<AggregateResult> {
  const { table, anchors, options } = input;
  const method = options.method ?? defaultMethod(table, anchors);
  const rng = createRng(options.seed);
  const verdicts = verdictsOfTable(table);
  const panel = collectVotes(verdicts);
  const isFused = isFuseMethod(method);
  const fused = isFused ? fusePairs(table, method, { votes: panel.votes, gold: anchors.gold }) : undefined;
  const ranked =
    !isFused || table.pairs.every(({ items }) => items !== undefined)
      ? await rankReport(input, isFused ? { fused } : { method }, rng.fork('rank'))
      : undefined;
  const accuracy = accuracyReport(input, { fused, ranked, rng: rng.fork('accuracy') });
  return {
    method,
    votes: sizes(table),
    ...(file.rubric === undefined ? {} : { rubric: file.rubric }),
    ...ranked?.result,
    ...(fused === undefined ? {} : { pairs: fusedPairs(table, fused) }),
    ...fitOf(fused, ranked),
    judges: judgeReports(table, verdicts, {
      ...{ votes: panel.votes, gold: anchors.gold, level: options.level },
      weights: fused?.weights,
      reliability: fused?.reliability ?? ranked?.reliability,
    }),
    agreement: panelAgreement(panel.votes, table.judges, {
      rng: rng.fork('agreement'),
      level: options.level,
    }),
    ...(accuracy === undefined ? {} : { accuracy }),
    warnings: warningsOf(input, { method, ranked, fused, unread: file.unread }),
  };
}

/** Of the fusion where pairs were fused, else of the ranking's leads. */
function accuracyReport(
  { table, anchors, options }: AggregateInput,
  by: { readonly fused: FusedPairs | undefined; readonly ranked: RankReport | undefined; readonly rng: Rng },
): AggregateResult['accuracy'] {
  const { level } = options;
  if (by.fused !== undefined) return fusedAccuracy(by.fused, table, { anchors, level, rng: by.rng });
  return accuracyOfPairs((pair) => leadProbability(table, by.ranked, pair), table, anchors, level);
}

function defaultMethod(table: VoteTable, { gold }: Anchors): AggregateMethod {
  if (gold.size > 0) return 'stack';
  if (table.items.length === 0) return 'average';
  return table.outcome.some((y) => y === 0.5) && table.outcome.some((y) => y !== 0.5)
    ? 'davidson'
    : 'bradley-terry';
}

function isFuseMethod(method: AggregateMethod): method is Parameters<typeof fusePairs>[1] {
  return ['stack', 'average', 'majority', 'dawid-skene', 'one-coin'].includes(method);
}

function sizes(table: VoteTable): AggregateResult['votes'] {
  return {
    scored: table.judge.length,
    excluded: table.excluded.reduce((sum, count) => sum + count, 0),
    judges: table.judges.length,
    pairs: table.pairs.length,
    items: table.items.length,
    prompts: table.prompts.length,
  };
}

function fusedPairs(
  { pairs, items }: VoteTable,
  { probabilityFirst, standardErrors }: FusedPairs,
): FusedPair[] {
  return pairs.map(({ id, items: of }, at) => ({
    pair: id,
    ...(of === undefined ? {} : { first: items[of[0]], second: items[of[1]] }),
    ...(Number.isNaN(probabilityFirst[at]) ? {} : { probabilityFirst: probabilityFirst[at] }),
    ...(standardErrors === undefined || Number.isNaN(standardErrors[at])
      ? {}
      : { standardError: standardErrors[at] }),
  }));
}

/** The fit that a method stands on: a latent-class model's own, else that of the ranking. */
function fitOf(fused: FusedPairs | undefined, ranked: RankReport | undefined): Partial<AggregateResult> {
  if (fused?.logLikelihood !== undefined && fused.iterations !== undefined) {
    return { logLikelihood: fused.logLikelihood, iterations: fused.iterations };
  }
  return ranked?.fit ?? {};
}

function leadProbability({ pairs, items }: VoteTable, ranked: RankReport | undefined, pair: number): number {
  const of = pairs[pair].items;
  if (of === undefined || ranked === undefined) return NaN;
  return (
    1 /
    (1 +
      Math.exp((ranked.strengthOf.get(items[of[1]]) ?? NaN) - (ranked.strengthOf.get(items[of[0]]) ?? NaN)))
  );
}

/** Every item that votes name has to be in the list, one a row under `item`. */
async function requireKnownItems(table: VoteTable, path: string, source: string): Promise<void> {
  const known = new Set(
    (await readTable(path)).map(({ line, value }) => {
      if (typeof value.item === 'string') return value.item;
      throw new BadInputError({
        source: path,
        place: `line ${line}`,
        found: 'no item',
        allowed: 'a column "item"',
      });
    }),
  );
  const at = table.pairs.findIndex(
    ({ items }) => items?.some((item) => !known.has(table.items[item])) === true,
  );
  if (at < 0) return;
  const unknown = table.pairs[at].items?.map((item) => table.items[item]).find((item) => !known.has(item));
  const vote = table.pair.indexOf(at);
  throw new BadInputError({
    source,
    ...(vote < 0 ? {} : { place: `line ${table.line[vote]}` }),
    found: `the unknown item ${JSON.stringify(unknown)}`,
    allowed: `the ${known.size} items of ${path}`,
  });
}

function warningsOf(
  { table, anchors, clusterOf, options }: AggregateInput,
  seen: {
    readonly method: AggregateMethod;
    readonly ranked: RankReport | undefined;
    readonly fused: FusedPairs | undefined;
    readonly unread: readonly string[];
  },
): string[] {
  const { method, ranked, fused, unread } = seen;
  const warnings: string[] = [];
  if (unread.length > 0) warnings.push(`Columns that mean nothing here were not read: ${unread.join(', ')}.`);
  if (anchors.unknown.length > 0) {
    warnings.push(
      `${anchors.unknown.length} anchors are of pairs that nobody voted on, such as ${anchors.unknown[0]}.`,
    );
  }
  if (table.judges.length === 1)
    warnings.push('There is one judge: nothing says how reliable it is but anchors.');
  if (isFuseMethod(method) && anchors.gold.size === 0) {
    warnings.push(
      `Without anchors ${method} takes agreement for truth: judges that share an error win. Name some by --anchors.`,
    );
  }
  if (ranked !== undefined && (ranked.result.groups ?? 1) > 1) {
    warnings.push(
      `The items fall into ${ranked.result.groups} groups that nobody compared with each other; between them only the prior decides.`,
    );
  }
  if (options.cluster !== 'none' && clusterOf === undefined) {
    warnings.push(`All votes are of one ${options.cluster}, so errors take each vote to err by itself.`);
  }
  if (fused?.converged === false)
    warnings.push(`${method} was stopped after ${fused.iterations} iterations, short of its optimum.`);
  return [...warnings, ...(ranked?.warnings ?? [])];
}
