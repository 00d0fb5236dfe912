import { startRpcServer } from '../../core/rpc/server.js';
import type { RpcServer } from '../../core/rpc/server.js';
import { trainerService } from '../../core/rpc/trainer-service.js';
import type { Trainer } from '../../core/trainer/trainer.js';

export interface ServedTrainerOptions {
  /** A free one unless told. */
  readonly port?: number;
  /** Calls that are meant for another incarnation are refused; absent: any are answered. */
  readonly incarnationId?: string;
}

/** Any trainer as a server of the wire on loopback. */
export function serveTrainer(
  trainer: Trainer,
  { port = 0, incarnationId }: ServedTrainerOptions = {},
): Promise<RpcServer> {
  return startRpcServer({ port, services: [trainerService(trainer, incarnationId)] });
}
