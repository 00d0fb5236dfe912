import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import type { JudgementStore } from '../../../core/judgements/judgement-store.js';
import { openSqliteJudgements } from '../../../core/judgements/sqlite-judgements.js';
import { ProcessRegistry } from '../../../core/telemetry/metrics/process-registry.js';
import { openPrometheusEndpoint } from '../../../core/telemetry/metrics/prometheus-endpoint.js';
import { createGateway } from '../../../reward/gateway/create-gateway.js';
import { readGatewayConfig, type GatewayConfig } from '../../../reward/gateway/gateway-config.js';
import type { JudgeGateway } from '../../../reward/gateway/judge-gateway.js';
import { startGatewayServer } from '../../judges/gateway-server.js';
import { ensureGatewayToken } from '../../judges/gateway-token.js';
import { openTelemetry, type ProcessTelemetry } from '../../telemetry/process-telemetry.js';
import { rpcTelemetry } from '../../telemetry/rpc-telemetry.js';
import { openHealth, type HealthFlags } from '../../trust/health-flags.js';
import type { CommandResult, Session } from '../session.js';
import { telemetryChoice, type TelemetryFlags } from '../telemetry-flags.js';
import { GatewayMetrics } from './gateway-metrics.js';

interface Serving {
  readonly config: GatewayConfig;
  readonly configPath: string;
  readonly token: string;
  readonly session: Session;
  readonly flags: GatewayFlags;
  readonly telemetry: ProcessTelemetry;
}

/** The options of `majlis reward gateway`. */
export interface GatewayFlags extends HealthFlags, Pick<TelemetryFlags, 'trace'> {
  readonly config: string;
}

/**
 * Serves the judges of a configuration until the person asks to stop; then it takes no more questions, finishes those that
 * it has, and leaves.
 */
export async function serveGateway(flags: GatewayFlags, session: Session): Promise<CommandResult> {
  const { clock } = session;
  const configPath = flags.config;
  const config = await readGatewayConfig(configPath);
  const token = await ensureGatewayToken(config, configPath);
  const { traceUrl } = telemetryChoice(flags, session.environment);
  const store = await openSqliteJudgements(resolve(dirname(configPath), config.store), clock);
  try {
    const telemetry = await openTelemetry({ service: 'majlis-gateway', traceUrl });
    try {
      return await serveStore(store, { config, configPath, token, session, flags, telemetry });
    } finally {
      await telemetry.close();
    }
  } finally {
    await store.close();
  }
}

async function serveStore(store: JudgementStore, opened: Serving): Promise<CommandResult> {
  const { config, configPath, session } = opened;
  const metrics = new GatewayMetrics(config.budget.currency);
  const telemetry = { ...opened.telemetry, metrics: new ProcessRegistry(metrics.registry) };
  const serving = { ...opened, telemetry };
  const gateway = await createGateway({
    ...{ config, configPath, store, clock: session.clock },
    ...{ observer: metrics, tracer: telemetry.tracer },
  });
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
  { config, configPath, token, session, flags, telemetry }: Serving,
): Promise<CommandResult> {
  const { terminal, clock, signal } = session;
  const server = await startGatewayServer({
    ...{ gateway, config, configPath, token, clock, telemetry: rpcTelemetry(telemetry) },
    say: (sentence) => terminal.say(sentence),
  });
  const judges = config.judges.map(({ id }) => id).join(', ');
  terminal.say(`majlis: serving judges ${judges} at ${server.address}`);
  const serving = (): string | undefined => (signal.aborted ? 'it is stopping' : undefined);
  try {
    const health = await openHealth(flags, { ready: serving }, (sentence) => terminal.say(sentence));
    if (!signal.aborted) await once(signal, 'abort');
    await health?.close();
  } finally {
    await server.stop();
  }
  return { json: { address: server.address }, text: '' };
}
