import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { openSqliteJudgements } from '../../../core/judgements/sqlite-judgements.js';
import { requireBearerToken } from '../../../core/rpc/bearer-token.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { createGateway } from '../../../reward/gateway/create-gateway.js';
import { readGatewayConfig } from '../../../reward/gateway/gateway-config.js';
import { judgeService } from '../../../reward/rpc/judge-service.js';
import { SOFTWARE } from '../../control/protocol-limits.js';
import type { CommandResult, Session } from '../session.js';
import { ensureGatewayToken } from './gateway-token.js';

/**
 * Serves the judges of a configuration until the person asks to stop; then it takes no more questions, finishes those that
 * it has, and leaves.
 */
export async function serveGateway(configPath: string, session: Session): Promise<CommandResult> {
  const { terminal, clock, signal } = session;
  const config = await readGatewayConfig(configPath);
  const token = await ensureGatewayToken(config, configPath);
  const store = await openSqliteJudgements(resolve(dirname(configPath), config.store), clock);
  try {
    const gateway = await createGateway({ config, configPath, store, clock });
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
  } finally {
    await store.close();
  }
}
