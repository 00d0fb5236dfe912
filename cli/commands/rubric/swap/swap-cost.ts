import { dirname, resolve } from 'node:path';
import { compileJudges, type JudgesOptions } from '../../../../core/config/judges-options.js';
import { localesOf } from '../../../../core/config/run-locales.js';
import { servingLocale } from '../../../../core/domain/locale.js';
import { requireAskable } from '../../../../core/config/require-askable.js';
import type { AnswerPair } from '../../../../core/domain/preference.js';
import type { Rubric } from '../../../../core/domain/rubric.js';
import type { Spend } from '../../../../core/judgements/judgement-store.js';
import { readGatewayConfig } from '../../../../reward/gateway/gateway-config.js';
import { planRejudging, type Rejudging } from '../../../../reward/judge/rejudging.js';
import { localeJudgedBy } from '../../../../reward/rubric/rubric-set.js';
import { OfflineRunControl } from '../../../control/offline-run-control.js';
import { requireLedger } from '../../../control/open-unless-held.js';
import { resolveRun } from '../../../control/resolve-run.js';
import type { ControlPlace } from '../../../control/with-control.js';
import { gatewaySpend } from '../../../judges/gateway-spend.js';
import { readRunRecord, type RunRecord } from '../../../pipeline/run-record.js';
import { withLedgerCopy } from '../../replay/ledger-copy.js';
import { knownRubrics } from '../history/known-rubrics.js';

/** What a judge took for a call so far. */
export interface JudgePrice {
  readonly id: string;
  /** Mean over its calls; absent while none is known. */
  readonly microsPerCall?: number;
}

/** What it takes to judge a run's stored pairs under another rubric, by each judge that the run asks. */
export interface SwapCost {
  readonly pairs: number;
  /** How the run asks. */
  readonly asks: JudgesOptions['asks'];
  readonly plan: Rejudging;
  readonly judges: readonly JudgePrice[];
  readonly currency: string;
}

interface JudgedPairs {
  readonly pairs: readonly AnswerPair[];
  readonly judgedUnder: readonly Rubric[];
  /** Absent where nothing is recorded of how the run asks. */
  readonly record: RunRecord | undefined;
}

/**
 * Counts and prices a swap before it is asked for, from a copy of the ledger; undefined where the run is not known to ask
 * anybody. Gold pairs are judged besides.
 */
export async function swapCost(
  place: ControlPlace & { readonly run: string },
  rubric: Rubric,
): Promise<SwapCost | undefined> {
  requireLedger(place.workspace);
  const { pairs: all, judgedUnder, record } = await judgedPairs(place);
  if (record === undefined) return undefined;
  const pairs = pairsJudgedBy(rubric, all, record);
  requireAskable(rubric, record.config.judges);
  const options = compileJudges(record.config.judges);
  const { judges, currency } = await judgePrices(record, options, place);
  if (judges.length === 0) return undefined;
  const plan = planRejudging({ rubric, judgedUnder, pairs, orders: options.orders });
  return { pairs: pairs.length, asks: options.asks, plan, judges, currency };
}

/** Of a run on several locales, the pairs of the rubric's own. */
function pairsJudgedBy(
  rubric: Rubric,
  pairs: readonly AnswerPair[],
  { config }: RunRecord,
): readonly AnswerPair[] {
  const locales = localesOf(config).map(({ locale }) => locale);
  const judged = localeJudgedBy(rubric, locales);
  return locales.length === 1
    ? pairs
    : pairs.filter(({ prompt }) => servingLocale(prompt.locale, locales) === judged);
}

async function judgedPairs({ workspace, clock, run }: ControlPlace & { run: string }): Promise<JudgedPairs> {
  const known = await knownRubrics(workspace);
  return withLedgerCopy(workspace, clock, async (ledger) => {
    const id = await resolveRun(new OfflineRunControl(ledger, { workspace, clock }), run);
    const preferences = await ledger.preferences(id);
    const hashes = new Set(preferences.map(({ rubricHash }) => rubricHash));
    return {
      pairs: [...new Map(preferences.map(({ pair }) => [pair.id, pair])).values()],
      judgedUnder: [...known.values()].filter(({ hash }) => hashes.has(hash)),
      record: (await readRunRecord(workspace, id))?.record,
    };
  });
}

async function judgePrices(
  { runFile, judge }: RunRecord,
  { gateway, only }: JudgesOptions,
  { clock }: ControlPlace,
): Promise<Pick<SwapCost, 'judges' | 'currency'>> {
  if (judge !== undefined) return { judges: [{ id: judge.model, microsPerCall: 0 }], currency: 'USD' };
  if (gateway === undefined) return { judges: [], currency: '' };
  const path = resolve(dirname(runFile), gateway);
  const config = await readGatewayConfig(path);
  const report = await gatewaySpend({ config, path }, {}, clock);
  const ids = only ?? config.judges.map(({ id }) => id);
  const judges = ids.map((id) => ({
    id,
    ...meanPrice(report?.spend.filter((one) => one.judge === id) ?? []),
  }));
  return { judges, currency: config.budget.currency };
}

function meanPrice(spend: readonly Spend[]): Pick<JudgePrice, 'microsPerCall'> {
  const calls = spend.reduce((sum, one) => sum + one.calls, 0);
  if (calls === 0) return {};
  return { microsPerCall: spend.reduce((sum, { costMicros }) => sum + costMicros, 0) / calls };
}
