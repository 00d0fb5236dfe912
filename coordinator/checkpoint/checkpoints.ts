/**
 * Checkpoints of a run: where to go on from after a crash.
 *
 * - A checkpoint's files are whole before the ledger names them, and the ledger forgets them before they are removed.
 * - The manifest is committed with the iteration that it follows (`Ledger.completeIteration`), never apart from it.
 * - Folders carry the epoch that wrote them, so an interrupted save is never taken for a finished one.
 */
import { basename, dirname, join } from 'node:path';
import { removeOthers } from '../../core/artifacts/remove-others.js';
import type { CheckpointManifest, SavedModel } from '../../core/domain/checkpoint.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { RunModels } from '../models/run-models.js';
import { together } from '../together.js';

export interface CheckpointOptions {
  readonly run: string;
  readonly epoch: number;
  readonly models: RunModels;
  readonly ledger: Ledger;
  /** Each checkpoint's folder is made in here. */
  readonly directory: string;
  /** Iterations from one checkpoint to the next. */
  readonly every: number;
  /** Checkpoints that are kept, the newest first; `all` removes none. */
  readonly keep: number | 'all';
  readonly rngSeed: number;
}

/** What a checkpoint's files hold. */
export type SavedModels = Pick<CheckpointManifest, 'policy' | 'critic' | 'rngSeed'>;

export class Checkpoints {
  /** Bytes of the newest checkpoint. */
  bytes = 0;

  constructor(private readonly options: CheckpointOptions) {}

  /** Iterations from one checkpoint to the next. */
  get every(): number {
    return this.options.every;
  }

  /** Whether a run that stands before this iteration saves itself. */
  isDue(iteration: number): boolean {
    return iteration % this.options.every === 0;
  }

  /** Saves the models as they stand before this iteration. It counts once the ledger has the manifest that names them. */
  async save(iteration: number): Promise<SavedModels> {
    const { models, directory, epoch, rngSeed } = this.options;
    const folder = join(directory, `${String(iteration).padStart(6, '0')}-epoch-${epoch}`);
    const [policy, critic] = await together([
      models.policy.save(join(folder, 'policy')),
      models.critic?.save(join(folder, 'critic')),
    ]);
    this.bytes = policy.bytes + (critic?.bytes ?? 0);
    return {
      rngSeed,
      policy: savedModel(policy),
      ...(critic === undefined ? {} : { critic: savedModel(critic) }),
    };
  }

  /** Puts the newest checkpoint's models into the trainer; undefined where the run has none yet. */
  async restore(): Promise<CheckpointManifest | undefined> {
    const manifest = await this.newest();
    if (manifest === undefined) return undefined;
    await this.options.models.policy.load(manifest.policy);
    await this.restoreCritic();
    return manifest;
  }

  /** Puts the newest checkpoint's critic alone into the trainer, where there is one. */
  async restoreCritic(): Promise<void> {
    const critic = (await this.newest())?.critic;
    if (critic !== undefined) await this.options.models.critic?.load(critic);
  }

  private async newest(): Promise<CheckpointManifest | undefined> {
    return (await this.options.ledger.checkpoints(this.options.run)).at(-1);
  }

  /** Removes what is older than the newest checkpoints, and what an interrupted save left. */
  async prune(): Promise<void> {
    const { ledger, run, keep, directory } = this.options;
    const manifests = await ledger.checkpoints(run);
    const newest = keep === 'all' ? manifests.length : keep;
    const old = manifests.slice(0, Math.max(0, manifests.length - newest));
    const kept = manifests.slice(old.length);
    if (old.length > 0) {
      await ledger.forgetCheckpoints(
        run,
        old.map(({ iteration }) => iteration),
      );
    }
    // By name: a workspace may be called by another path than when it was written.
    await removeOthers(directory, new Set(kept.map(({ policy }) => basename(dirname(policy.directory)))));
  }
}

function savedModel({ directory, sha256, step }: SavedModel): SavedModel {
  return { directory, sha256, step };
}
