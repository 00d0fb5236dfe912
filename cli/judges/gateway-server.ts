import { dirname, resolve } from 'node:path';
import { startRpcServer, type RpcTelemetry } from '../../core/rpc/server.js';
import { digestOf } from '../../core/trust/authorize.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';
import type { JudgeGateway } from '../../reward/gateway/judge-gateway.js';
import { judgeService } from '../../reward/rpc/judge-service.js';
import { openServerTrust, type ServerTrust } from '../trust/server-trust-flags.js';
import { SOFTWARE } from '../control/protocol-limits.js';

export interface GatewayServerOptions {
  readonly gateway: JudgeGateway;
  readonly config: GatewayConfig;
  /** Where the configuration stood: its paths are relative to it. */
  readonly configPath: string;
  /** What clients show. */
  readonly token: string;
  readonly clock: Clock;
  /** Told of the calls that are answered. */
  readonly telemetry?: RpcTelemetry;
  /** Takes a sentence about certificates and tokens that change. */
  readonly say?: (sentence: string) => void;
}

/** A gateway that other processes can ask. */
export interface GatewayServer {
  readonly address: string;
  /** Takes no more questions, finishes those that it has, and leaves. */
  stop(): Promise<void>;
}

/** Serves a gateway where its configuration says. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { gateway, config, clock } = options;
  const trust = await openTrust(options);
  const stopping = new AbortController();
  const { currency } = config.budget;
  const tracer = options.telemetry?.tracer;
  const tracing = tracer === undefined ? {} : { tracer };
  const server = await startRpcServer({
    name: 'the gateway',
    allowance: '"insecure: true" under "listen" of its file',
    services: [
      judgeService({ gateway, currency, software: SOFTWARE, stopping: stopping.signal, ...tracing }),
    ],
    ...trust,
    host: config.listen.host,
    port: config.listen.port,
    clock,
    ...options.telemetry,
  }).catch((thrown: unknown) => {
    trust.close();
    throw thrown;
  });
  return {
    address: server.address,
    stop: async () => {
      server.setServing('', false);
      await gateway.drain(config.drainMs);
      stopping.abort();
      await server.close();
      trust.close();
    },
  };
}

/** The gateway's own token is everybody's who has its file; a tokens file adds others. */
function openTrust({ config, configPath, token, clock, say }: GatewayServerOptions): Promise<ServerTrust> {
  const { tls, tokens, insecure = false } = config.listen;
  const beside = (file: string): string => resolve(dirname(configPath), file);
  return openServerTrust(
    {
      insecure,
      ...(tls === undefined ? {} : { tlsCert: beside(tls.certificate), tlsKey: beside(tls.key) }),
      ...(tokens === undefined ? {} : { tokens: beside(tokens) }),
    },
    {
      clock,
      say: say ?? ((): void => undefined),
      own: { name: 'gateway-token', role: 'admin', sha256: digestOf(token) },
    },
  );
}
