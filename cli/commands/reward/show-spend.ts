import { dirname, resolve } from 'node:path';
import { MajlisError } from '../../../core/errors.js';
import type { SpendFilter } from '../../../core/judgements/judgement-store.js';
import { readGatewayConfig } from '../../../reward/gateway/gateway-config.js';
import { formatMicros } from '../../../reward/gateway/money.js';
import type { SpendReport } from '../../../reward/rpc/convert-judge.js';
import { gatewaySpend } from '../../judges/gateway-spend.js';
import { formatTable } from '../../terminal/format-table.js';
import type { CommandResult, Session } from '../session.js';

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
  const report = await gatewaySpend({ config, path }, filter, clock);
  if (report === undefined) {
    const store = resolve(dirname(path), config.store);
    throw new MajlisError(`there is no ${store} yet; "majlis reward gateway" makes it`, {
      code: 'not_found',
    });
  }
  return { json: report, text: describe(report) };
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
