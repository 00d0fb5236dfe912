import { once } from 'node:events';
import { readText } from '../../../core/config/read-text.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import { trainerService } from '../../../core/rpc/trainer-service.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { authorizeToken } from '../../../core/trust/authorize.js';
import type { CommandResult, Session } from '../session.js';

/** The options of `majlis trainer serve`. */
export interface EmbeddedFlags {
  readonly port: number;
  readonly host: string;
  readonly tokenFile?: string;
  readonly insecure?: boolean;
  readonly threads: number;
}

/** Serves the embedded trainer over gRPC until the person asks to stop: to runs whose file has `trainer: { torch: … }`. */
export async function serveEmbedded(
  { port, host, tokenFile, insecure = false, threads }: EmbeddedFlags,
  { terminal, signal, clock }: Session,
): Promise<CommandResult> {
  const token = tokenFile === undefined ? undefined : (await readText(tokenFile)).trim();
  const trainer = EmbeddedTrainer.create({ threads });
  try {
    const { incarnationId } = await trainer.capabilities();
    const server = await startRpcServer({
      ...{ name: 'the trainer', services: [trainerService(trainer, incarnationId)] },
      ...{ host, port, insecure, clock },
      ...(token === undefined
        ? {}
        : { authorize: authorizeToken(token, { name: 'trainer-token', role: 'trainer' }) }),
    });
    try {
      terminal.say(`majlis: trainer at ${server.address}`);
      if (!signal.aborted) await once(signal, 'abort');
      return { json: { address: server.address }, text: '' };
    } finally {
      await server.close();
    }
  } finally {
    await trainer.close();
  }
}
