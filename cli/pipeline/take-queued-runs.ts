/**
 * A process that works through a workspace's runs, one after the other in the order of their creation.
 *
 * - One run is at work at a time: runs share the machine's cores and the trainer.
 * - What a process that was killed left running, pausing or paused comes before what is queued.
 * - A run that fails is marked so and stands aside; the next one is taken.
 */
import type { Run } from '../../core/domain/run.js';
import type { RunState } from '../../core/domain/run-state.js';
import { MajlisError } from '../../core/errors.js';
import { untilLost } from '../fleet/until-lost.js';
import { continuation, type ContinueOptions } from './continue-run.js';
import { experimentIn, type ExperimentEnd } from './experiment.js';
import { findRunRecord } from './run-record.js';
import type { ServedWorkspace } from './served-workspace.js';

export interface TakeRunsOptions extends ContinueOptions {
  /** Returns once nothing is left to do, instead of waiting for more. */
  readonly untilIdle: boolean;
  readonly onTaken: (run: string) => void;
  readonly onEnded: (run: string, end: ExperimentEnd | MajlisError) => void;
}

const TO_DO: readonly RunState[] = ['running', 'pausing', 'paused', 'queued'];
const BETWEEN_LOOKS_MS = 500;

/** Takes runs until the signal, until there are none, or until the pool of workers that they need is lost. */
export async function takeQueuedRuns(served: ServedWorkspace, options: TakeRunsOptions): Promise<void> {
  const { fleet } = served.workspace;
  return untilLost(fleet, options.signal, (signal) => takeUntil(served, { ...options, signal }));
}

async function takeUntil(served: ServedWorkspace, options: TakeRunsOptions): Promise<void> {
  const { workspace } = served;
  const { signal, untilIdle } = options;
  for (;;) {
    signal.throwIfAborted();
    const next = nextRun(await workspace.ledger.listRuns());
    if (next !== undefined) await take(served, next.id, options);
    else if (untilIdle) return;
    else await workspace.clock.sleep(BETWEEN_LOOKS_MS, signal);
  }
}

function nextRun(runs: readonly Run[]): Run | undefined {
  const interrupted = runs.find(({ state }) => TO_DO.includes(state) && state !== 'queued');
  return interrupted ?? runs.find(({ state }) => state === 'queued');
}

async function take(served: ServedWorkspace, run: string, options: TakeRunsOptions): Promise<void> {
  const { workspace } = served;
  options.onTaken(run);
  try {
    const found = await findRunRecord(workspace.folder, run);
    options.onEnded(run, await experimentIn(served, await continuation(found, options)));
  } catch (thrown) {
    const error = MajlisError.from(thrown);
    if (options.signal.aborted) throw error;
    const state = (await workspace.ledger.getRun(run))?.state;
    if (state !== undefined && TO_DO.includes(state)) {
      await workspace.ledger.setRunState(run, 'failed', error.message);
    }
    options.onEnded(run, error);
  }
}
