import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '../../core/bus/bus.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { decodeRolloutTask, encodeRolloutTask } from '../../core/rpc/rollout-codec.js';
import { around } from './around.js';

/** Mistakes that a coordinator could make. The rehearsal is worth something only if it finds each of them. */
export const PLANTED_BUGS = ['ack-before-commit', 'lost-rng-state', 'reused-epoch'] as const;

export type PlantedBug = (typeof PLANTED_BUGS)[number];

const COMMIT_TAKES_MS = 40;

/** A result is acknowledged while its acceptance is still to be written. Whatever else is asked waits for it. */
export function acknowledgesBeforeCommit(ledger: Ledger): Ledger {
  let written: Promise<unknown> = Promise.resolve();
  return around<Ledger>(ledger, {
    acceptResults: async (inner, run, results) => {
      written = Promise.all([written, delay(COMMIT_TAKES_MS).then(() => inner(run, results))]);
      return results.map(() => 'accepted');
    },
    completeIteration: async (inner, run, end) => {
      await written;
      return inner(run, end);
    },
  });
}

/** A run that goes on draws its answers from other streams than it began with. */
export function losesRngState(bus: Bus): Bus {
  return around<Bus>(bus, {
    publish: (inner, queue, message) => {
      if (!queue.startsWith('tasks.')) return inner(queue, message);
      const task = decodeRolloutTask(message.data);
      return inner(queue, { ...message, data: encodeRolloutTask({ ...task, seed: (task.seed ^ 1) >>> 0 }) });
    },
  });
}

/** A run that goes on takes the epoch that it had before. */
export function reusesEpoch(ledger: Ledger): Ledger {
  return around<Ledger>(ledger, {
    beginEpoch: async (inner, run) => {
      const epoch = (await ledger.getRun(run))?.epoch ?? 0;
      return epoch === 0 ? inner(run) : epoch;
    },
  });
}
