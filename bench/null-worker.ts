/**
 * Rollout workers over the null engine, as a process: `node null-worker.js URL POOL WORKERS SLOTS`. Works until it is
 * killed.
 */
import { setMaxListeners } from 'node:events';
import type { Bus } from '../core/bus/bus.js';
import { NatsBus } from '../core/bus/nats-bus.js';
import { rolloutQueueNames } from '../core/bus/subjects.js';
import { MajlisError } from '../core/errors.js';
import { systemClock } from '../core/runtime/clock.js';
import { RolloutWorker } from '../workers/rollout/rollout-worker.js';
import { NullEngine, NULL_POLICY, nullDecoder } from './null-rollouts.js';

export const BENCH_RELEASE = 'bench';

async function work(bus: Bus, pool: string, slots: number): Promise<void> {
  const worker = new RolloutWorker({
    bus,
    queues: rolloutQueueNames(pool),
    engine: new NullEngine(),
    policies: { locate: async () => NULL_POLICY, oldestAdmissible: () => 0 },
    decoderOf: async () => nullDecoder,
    clock: systemClock,
    slots,
    heartbeatMs: 10_000,
    retryDelayMs: 100,
  });
  await worker.run(new AbortController().signal);
}

/** All workers of a process share its connection. */
async function main([url, pool, workers, slots]: readonly string[]): Promise<void> {
  const bus = await NatsBus.connect({ url, release: BENCH_RELEASE, clock: systemClock });
  await Promise.all(Array.from({ length: Number(workers) }, () => work(bus, pool, Number(slots))));
}

if (require.main === module) {
  // Each waiting worker listens on the signal of the one connection.
  setMaxListeners(0);
  main(process.argv.slice(2)).catch((thrown: unknown) => {
    process.stderr.write(`${MajlisError.from(thrown).message}\n`);
    process.exit(1);
  });
}
