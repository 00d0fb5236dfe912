import { startRpcServer } from '../../core/rpc/server.js';
import { authorizeToken } from '../../core/trust/authorize.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';
import type { JudgeGateway } from '../../reward/gateway/judge-gateway.js';
import { judgeService } from '../../reward/rpc/judge-service.js';
import { SOFTWARE } from '../control/protocol-limits.js';

export interface GatewayServerOptions {
  readonly gateway: JudgeGateway;
  readonly config: GatewayConfig;
  /** What clients show. */
  readonly token: string;
  readonly clock: Clock;
}

/** A gateway that other processes can ask. */
export interface GatewayServer {
  readonly address: string;
  /** Takes no more questions, finishes those that it has, and leaves. */
  stop(): Promise<void>;
}

/** Serves a gateway where its configuration says. */
export async function startGatewayServer(options: GatewayServerOptions): Promise<GatewayServer> {
  const { gateway, config, token, clock } = options;
  const stopping = new AbortController();
  const { currency } = config.budget;
  const server = await startRpcServer({
    services: [judgeService({ gateway, currency, software: SOFTWARE, stopping: stopping.signal })],
    authorize: authorizeToken(token, { name: 'gateway-token', role: 'admin' }),
    host: config.listen.host,
    port: config.listen.port,
    clock,
  });
  return {
    address: server.address,
    stop: async () => {
      server.setServing('', false);
      await gateway.drain(config.drainMs);
      stopping.abort();
      await server.close();
    },
  };
}
