import type { Bus } from '../../../core/bus/bus.js';
import { around } from '../around.js';

const STORING_TAKES_MS = 300;

/** A worker that does not wait for the word that its result is stored, before it acknowledges the task. */
export function acksBeforeStored(bus: Bus): Bus {
  return around<Bus>(bus, {
    publish: async (inner, queue, message) => {
      setTimeout(() => void inner(queue, message), STORING_TAKES_MS);
      return { duplicate: false };
    },
  });
}

/** Results are told apart by who sent them. */
export function dedupesByWorker(bus: Bus, worker: string): Bus {
  return around<Bus>(bus, {
    publish: (inner, queue, message) => inner(queue, { ...message, dedupeId: worker }),
  });
}

/** A task that is issued again has the id that it had before. */
export function reissuesUnderSameId(bus: Bus): Bus {
  return around<Bus>(bus, {
    publish: (inner, queue, message) => {
      const [task] = message.dedupeId.split('/');
      return inner(queue, { ...message, dedupeId: task });
    },
  });
}
