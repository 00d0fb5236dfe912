/**
 * The run's models when their trainer was started again and has lost them.
 *
 * - Work with the models is done again whole, from where it found them: gradients that were under way are nobody's.
 * - They come from the newest checkpoint, or the run's base, and the stored inputs of every update since, by the same steps
 *   that `majlis replay` takes. Where the trainer calls itself deterministic, each policy on the way has to be the one that
 *   the run published, and an update that was taken already has to give the losses and gradient norms that it gave.
 * - Nothing that the ledger does not name is left of work that is done again.
 * - A trainer that stays away, or is lost time and again in one place, pauses the run. It goes on from there once a person
 *   resumes it.
 */
import { rm } from 'node:fs/promises';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { Run } from '../../core/domain/run.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import type { ControlEvents } from '../control-events.js';
import { pauseText } from '../health/pause-reason.js';
import type { RunModels } from '../models/run-models.js';
import { compareSteps } from '../replay/compare-update.js';
import { rebuildModels } from '../replay/rebuild-models.js';
import { recordedUpdate } from '../replay/recorded-update.js';
import { startBefore } from '../replay/replay-start.js';
import { readRunHistory } from '../replay/run-history.js';
import type { RunAlarms } from '../run-alarms.js';
import { takeSteps } from '../update/take-steps.js';
import type { UpdateRecord } from '../update/update-record.js';
import { CancelledWhileWaiting } from './cancelled-while-waiting.js';

export interface ModelRecoveryOptions {
  readonly run: Pick<Run, 'id' | 'seed'>;
  readonly trainer: Pick<Trainer, 'capabilities'>;
  readonly models: RunModels;
  readonly ledger: Ledger;
  readonly artifacts: ArtifactStore;
  readonly control: ControlEvents;
  readonly alarms: RunAlarms;
  readonly checkpointsEvery: number;
  /** A folder of this recovery alone. */
  readonly scratch: string;
  /** Removes what was written and is not in the ledger. */
  readonly discardUnrecorded: () => Promise<void>;
}

/** Where work finds the models. */
export interface ModelStand {
  /** As this iteration's update finds them. */
  readonly iteration: number;
  /** As that update, which was taken, left them. */
  readonly taken?: () => UpdateRecord;
}

/** How often the trainer may be lost in one place before a person has to look. */
const LOSSES = 3;

export class ModelRecovery {
  constructor(private readonly options: ModelRecoveryOptions) {}

  /** Does work on the models, again from the beginning whenever their trainer lost them meanwhile. */
  async keep<Value>(stand: ModelStand, work: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    for (let losses = 0; ; losses += 1) {
      try {
        if (losses > 0) await this.bringBack(stand, signal);
        return await work();
      } catch (thrown) {
        const failure = MajlisError.from(thrown);
        if (!isLoss(failure)) throw thrown;
        signal.throwIfAborted();
        await this.tell(stand, failure);
        if (losses + 1 < LOSSES && (await this.isThere())) continue;
        await this.wait(failure, signal);
        losses = 0;
      }
    }
  }

  /** Waits for the trainer as long as its client has patience. */
  private async isThere(): Promise<boolean> {
    try {
      await this.options.trainer.capabilities();
      return true;
    } catch (thrown) {
      if (MajlisError.from(thrown).code === 'unavailable') return false;
      throw thrown;
    }
  }

  private async bringBack(stand: ModelStand, signal: AbortSignal): Promise<void> {
    const { trainer, models, discardUnrecorded, scratch } = this.options;
    const { deterministic } = await trainer.capabilities();
    await discardUnrecorded();
    for (const model of [models.policy, models.reference, models.critic]) await model?.createAgain();
    try {
      await this.rebuild(stand, deterministic, signal);
      if (stand.taken !== undefined) await this.retake(stand.taken(), deterministic, signal);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  private async rebuild(
    { iteration }: ModelStand,
    deterministic: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { run, models, ledger, artifacts, checkpointsEvery, scratch } = this.options;
    const history = await readRunHistory(run, { ledger, artifacts }, checkpointsEvery);
    // Before the run's first policy is published, the models are what they were created as.
    if (history.versions.length === 0) return;
    const start = await startBefore(history, iteration);
    if (start === undefined) {
      const message = `the models of run ${run.id} before iteration ${iteration} cannot be made again: stored inputs or weights are gone`;
      throw new MajlisError(message, { code: 'data_loss' });
    }
    const policies = await rebuildModels({ models, history, start, until: iteration, scratch, signal });
    const other = deterministic
      ? policies.find(({ hash, recordedHash }) => hash !== recordedHash)
      : undefined;
    if (other === undefined) return;
    throw new MajlisError(
      `the trainer that came back computes other numbers: iteration ${other.iteration} ended in policy ${other.recordedHash.slice(0, 12)} and now in ${other.hash.slice(0, 12)}; start the trainer that the run began with, then continue the run`,
      { code: 'data_loss' },
    );
  }

  private async retake(record: UpdateRecord, deterministic: boolean, signal: AbortSignal): Promise<void> {
    const { lesson, steps } = recordedUpdate(record);
    const { policySteps, criticSteps } = await takeSteps(this.options.models, lesson, steps, signal);
    if (!deterministic) return;
    const compared = [
      ...compareSteps('policy', record.policySteps, policySteps),
      ...compareSteps('critic', record.criticSteps, criticSteps),
    ];
    const other = compared.find(({ isIdentical }) => !isIdentical);
    if (other === undefined) return;
    const message = `the trainer that came back computes other numbers: ${other.quantity} of iteration ${record.iteration} differ from those that it gave before`;
    throw new MajlisError(message, { code: 'data_loss' });
  }

  private async tell({ iteration }: ModelStand, failure: MajlisError): Promise<void> {
    const message = `Iteration ${iteration}: ${failure.message}`;
    await this.options.alarms.raise({ kind: 'trainer_lost', message });
  }

  private async wait(failure: MajlisError, signal: AbortSignal): Promise<void> {
    const { run, ledger, control } = this.options;
    const text = pauseText({
      kind: 'trainer_lost',
      sentence: failure.message,
      nextStep: `Start the trainer again at its address, then \`majlis resume ${run.id}\`: the run goes on where it stands.`,
    });
    await ledger.setRunState(run.id, 'paused', text);
    if ((await control.nextWord(signal)) === 'cancel') throw new CancelledWhileWaiting(run.id);
    await ledger.setRunState(run.id, 'running');
  }
}

/** A trainer without the models, or none at all. */
function isLoss({ code, reason }: MajlisError): boolean {
  return reason === 'restarted' || code === 'unavailable';
}
