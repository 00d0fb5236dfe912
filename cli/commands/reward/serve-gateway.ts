import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import type { JudgementStore } from '../../../core/judgements/judgement-store.js';
import { openSqliteJudgements } from '../../../core/judgements/sqlite-judgements.js';
import { requireBearerToken } from '../../../core/rpc/bearer-token.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { openPrometheusEndpoint } from '../../../core/telemetry/metrics/prometheus-endpoint.js';
import { createGateway } from '../../../reward/gateway/create-gateway.js';
import { readGatewayConfig, type GatewayConfig } from '../../../reward/gateway/gateway-config.js';
import type { JudgeGateway } from '../../../reward/gateway/judge-gateway.js';
import { judgeService } from '../../../reward/rpc/judge-service.js';
import { SOFTWARE } from '../../control/protocol-limits.js';
import type { CommandResult, Session } from '../session.js';
import { GatewayMetrics } from './gateway-metrics.js';
import { ensureGatewayToken } from './gateway-token.js';

interface Serving {
  readonly config: GatewayConfig;
  readonly token: string;
  readonly session: Session;
}

/**
 * Serves the judges of a configuration until the person asks to stop; then it takes no more questions, finishes those that
 * it has, and leaves.
 */
export async function serveGateway(configPath: string, session: Session): Promise<CommandResult> {
  const { clock } = session;
  const config = await readGatewayConfig(configPath);
  const token = await ensureGatewayToken(config, configPath);
  const store = await openSqliteJudgements(resolve(dirname(configPath), config.store), clock);
  try {
    return await serveStore(store, configPath, { config, token, session });
  } finally {
    await store.close();
  }
}

async function serveStore(
  store: JudgementStore,
  configPath: string,
  serving: Serving,
): Promise<CommandResult> {
  const { config, session } = serving;
  const metrics = new GatewayMetrics(config.budget.currency);
  const gateway = await createGateway({ config, configPath, store, clock: session.clock, observer: metrics });
  metrics.watch(gateway);
  if (config.metrics === undefined) return serveJudges(gateway, serving);
  const endpoint = await openPrometheusEndpoint(metrics, config.metrics);
  session.terminal.say(`majlis: metrics at ${endpoint.url}`);
  try {
    return await serveJudges(gateway, serving);
  } finally {
    await endpoint.close();
  }
}

async function serveJudges(
  gateway: JudgeGateway,
  { config, token, session }: Serving,
): Promise<CommandResult> {
  const { terminal, clock, signal } = session;
  const stopping = new AbortController();
  const { currency } = config.budget;
  const server = await startRpcServer({
    services: [judgeService({ gateway, currency, software: SOFTWARE, stopping: stopping.signal })],
    interceptors: [requireBearerToken(token)],
    host: config.listen.host,
    port: config.listen.port,
    clock,
  });
  const judges = config.judges.map(({ id }) => id).join(', ');
  terminal.say(`majlis: serving judges ${judges} at ${server.address}`);
  if (!signal.aborted) await once(signal, 'abort');
  server.setServing('', false);
  await gateway.drain(config.drainMs);
  stopping.abort();
  await server.close();
  return { json: { address: server.address }, text: '' };
}
