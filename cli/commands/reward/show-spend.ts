import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MajlisError } from '../../../core/errors.js';
import type { Spend, SpendFilter } from '../../../core/judgements/judgement-store.js';
import { openSqliteJudgements } from '../../../core/judgements/sqlite-judgements.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { GatewayConfig } from '../../../reward/gateway/gateway-config.js';
import { readGatewayConfig } from '../../../reward/gateway/gateway-config.js';
import { formatMicros } from '../../../reward/gateway/money.js';
import type { SpendReport } from '../../../reward/rpc/convert-judge.js';
import { GatewayClient } from '../../../reward/rpc/gateway-client.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult, Session } from '../session.js';
import { readGatewayToken } from './gateway-token.js';

export interface ShowSpendOptions {
  readonly config: string;
  readonly run?: string;
  readonly judge?: string;
  /** A rubric's hash. */
  readonly rubric?: string;
}

const HASH_SHOWN = 12;

/** What judges cost, told by the gateway at work or, where none is, read from its store. */
export async function showSpend(options: ShowSpendOptions, { clock }: Session): Promise<CommandResult> {
  const { config: path, rubric, ...names } = options;
  const config = await readGatewayConfig(path);
  const filter: SpendFilter = { ...names, ...(rubric === undefined ? {} : { rubricHash: rubric }) };
  const report = (await askGateway({ config, path }, filter, clock)) ?? {
    currency: config.budget.currency,
    spend: await readStore(resolve(dirname(path), config.store), filter, clock),
  };
  return { json: report, text: describe(report) };
}

async function askGateway(
  { config, path }: { readonly config: GatewayConfig; readonly path: string },
  filter: SpendFilter,
  clock: Clock,
): Promise<SpendReport | undefined> {
  if (!existsSync(resolve(dirname(path), config.listen.tokenFile))) return undefined;
  const { host, port } = config.listen;
  const token = await readGatewayToken(config, path);
  const client = new GatewayClient({ address: `${host}:${port}`, token }, clock);
  try {
    return await client.spend(filter);
  } catch (thrown) {
    if (thrown instanceof MajlisError && thrown.code === 'unavailable') return undefined;
    throw thrown;
  } finally {
    client.close();
  }
}

async function readStore(file: string, filter: SpendFilter, clock: Clock): Promise<readonly Spend[]> {
  if (!existsSync(file)) {
    throw new MajlisError(`there is no ${file} yet; "majlis reward serve" makes it`, { code: 'not_found' });
  }
  const store = await openSqliteJudgements(file, clock);
  try {
    return await store.spend(filter);
  } finally {
    await store.close();
  }
}

function describe({ currency, spend }: SpendReport): string {
  const rows = spend.map((one) => [
    one.run,
    one.judge,
    one.rubricHash.slice(0, HASH_SHOWN),
    String(one.calls),
    String(one.failedCalls),
    String(one.promptTokens + one.completionTokens),
    formatMicros(one.costMicros),
  ]);
  const total = spend.reduce((sum, { costMicros }) => sum + costMicros, 0);
  const headings = ['run', 'judge', 'rubric', 'calls', 'failed', 'tokens', currency];
  return `${formatTable(headings, rows)}\n\n${formatMicros(total)} ${currency} in all`;
}
