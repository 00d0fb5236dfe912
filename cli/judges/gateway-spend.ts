import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import type { SpendFilter } from '../../core/judgements/judgement-store.js';
import { openSqliteJudgements } from '../../core/judgements/sqlite-judgements.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';
import type { SpendReport } from '../../reward/rpc/convert-judge.js';
import { GatewayClient } from '../../reward/rpc/gateway-client.js';
import { gatewayAddress } from './gateway-address.js';

/** A gateway's configuration and where it stood. */
export interface GatewayFile {
  readonly config: GatewayConfig;
  readonly path: string;
}

/** What judges cost, told by the gateway at work or, where none is, read from its store; undefined while it has none. */
export async function gatewaySpend(
  gateway: GatewayFile,
  filter: SpendFilter,
  clock: Clock,
): Promise<SpendReport | undefined> {
  return (await askGateway(gateway, filter, clock)) ?? readStore(gateway, filter, clock);
}

async function askGateway(
  { config, path }: GatewayFile,
  filter: SpendFilter,
  clock: Clock,
): Promise<SpendReport | undefined> {
  if (!existsSync(resolve(dirname(path), config.listen.tokenFile))) return undefined;
  const client = new GatewayClient(await gatewayAddress(config, path, clock), clock);
  try {
    return await client.spend(filter);
  } catch (thrown) {
    if (thrown instanceof MajlisError && thrown.code === 'unavailable') return undefined;
    throw thrown;
  } finally {
    client.close();
  }
}

async function readStore(
  { config, path }: GatewayFile,
  filter: SpendFilter,
  clock: Clock,
): Promise<SpendReport | undefined> {
  const file = resolve(dirname(path), config.store);
  if (!existsSync(file)) return undefined;
  const store = await openSqliteJudgements(file, clock);
  try {
    return { currency: config.budget.currency, spend: await store.spend(filter) };
  } finally {
    await store.close();
  }
}
