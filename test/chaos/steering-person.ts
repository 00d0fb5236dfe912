import type { ControlEvent } from '../../core/domain/run.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { around } from './around.js';
import { ROLL_BACK_ITERATION } from './crash-preset.js';

const THINKS_MS = 5;

const ROLL_BACK: ControlEvent = {
  kind: 'roll_back',
  iteration: ROLL_BACK_ITERATION,
  to: { policyVersion: 0 },
};

/**
 * The ledger with somebody beside it who has every run rolled back once and, where told, pauses it in one iteration and
 * resumes it when it is paused. Each is asked for once in the life of a run, whatever happens to its processes: what the
 * ledger took is not asked for again.
 */
export function ledgerWithPerson(ledger: Ledger, pauseIn?: number): Ledger {
  const ask = async (run: string, event: ControlEvent): Promise<void> => {
    const asked = await ledger.controlEvents(run);
    if (!asked.some(({ event: { kind } }) => kind === event.kind)) await ledger.requestControl(run, event);
  };
  const steer = async (run: string, iteration: number): Promise<void> => {
    await ask(run, ROLL_BACK);
    if (pauseIn === undefined || iteration < pauseIn) return;
    await ask(run, { kind: 'pause', reason: 'a rehearsal' });
  };
  const resumeSoon = (run: string): void => {
    setTimeout(() => void ask(run, { kind: 'resume' }), THINKS_MS);
  };

  return around<Ledger>(ledger, {
    beginEpoch: async (inner, run) => {
      const epoch = await inner(run);
      if ((await ledger.getRun(run))?.state === 'paused') resumeSoon(run);
      return epoch;
    },
    results: async (inner, run, iteration) => {
      await steer(run, iteration);
      return inner(run, iteration);
    },
    issueTasks: async (inner, run, tasks) => {
      for (const { iteration } of tasks.slice(0, 1)) await steer(run, iteration);
      return inner(run, tasks);
    },
    setRunState: async (inner, run, state, reason) => {
      await inner(run, state, reason);
      if (state === 'paused') resumeSoon(run);
    },
  });
}
