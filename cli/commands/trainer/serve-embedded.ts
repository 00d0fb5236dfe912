import { once } from 'node:events';
import { readToken } from '../../../core/config/read-token.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { trainerService } from '../../../core/rpc/trainer-service.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { digestOf } from '../../../core/trust/authorize.js';
import { openServerTrust, type ServerTrustFlags } from '../../trust/server-trust-flags.js';
import { openTelemetry } from '../../telemetry/process-telemetry.js';
import { rpcTelemetry } from '../../telemetry/rpc-telemetry.js';
import { telemetryChoice, type TelemetryFlags } from '../telemetry-flags.js';
import type { CommandResult, Session } from '../session.js';

/** The options of `majlis trainer serve`. */
export interface EmbeddedFlags extends Omit<ServerTrustFlags, 'listen'>, Pick<TelemetryFlags, 'trace'> {
  readonly port: number;
  readonly host: string;
  readonly tokenFile?: string;
  readonly threads: number;
}

/** Serves the embedded trainer over gRPC until the person asks to stop: to runs whose file has `trainer: { torch: … }`. */
export async function serveEmbedded(
  { port, host, tokenFile, threads, ...flags }: EmbeddedFlags,
  { terminal, signal, clock, environment }: Session,
): Promise<CommandResult> {
  const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
  const own =
    token === undefined
      ? undefined
      : ({ name: 'trainer-token', role: 'trainer', sha256: digestOf(token) } as const);
  const trust = await openServerTrust(flags, { clock, say: (sentence) => terminal.say(sentence), own });
  const { traceUrl } = telemetryChoice(flags, environment);
  const telemetry = await openTelemetry({ service: 'majlis-trainer', traceUrl });
  const trainer = EmbeddedTrainer.create({ threads });
  try {
    const { incarnationId } = await trainer.capabilities();
    const server = await startRpcServer({
      ...{ name: 'the trainer', services: [trainerService(trainer, incarnationId)] },
      ...{ host, port, clock, ...trust },
      ...rpcTelemetry(telemetry),
    });
    try {
      terminal.say(`majlis: trainer at ${server.address}`);
      if (!signal.aborted) await once(signal, 'abort');
      return { json: { address: server.address }, text: '' };
    } finally {
      await server.close();
    }
  } finally {
    trust.close();
    await trainer.close();
    await telemetry.close();
  }
}
