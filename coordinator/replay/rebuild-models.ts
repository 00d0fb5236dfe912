/**
 * Models of a run as they stood when an iteration's update found them, from a checkpoint and the stored inputs since.
 *
 * - What the run did between two iterations is done again in the same place: a rollback restarts the policy from the weights
 *   it went back to and puts the critic of the newest checkpoint back.
 * - Every policy on the way is compared with the version that the run recorded, so that the first step off the way shows.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SavedModel } from '../../core/domain/checkpoint.js';
import type { RunModels } from '../models/run-models.js';
import { takeSteps } from '../update/take-steps.js';
import { recordedUpdate } from './recorded-update.js';
import type { ReplayStart } from './replay-start.js';
import {
  iterationOf,
  readUpdate,
  rollbacksBefore,
  versionAfter,
  wasCheckpointedBefore,
} from './run-history.js';
import type { RunHistory } from './run-history.js';

/** A policy that was made again, beside the one that the run recorded. */
export interface ReplayedPolicy {
  /** The iteration whose update made it. */
  readonly iteration: number;
  readonly version: number;
  readonly recordedHash: string;
  readonly hash: string;
}

export interface RebuildOptions {
  /** New, from the start's base. */
  readonly models: RunModels;
  readonly history: RunHistory;
  readonly start: ReplayStart;
  /** The models are wanted as this iteration's update finds them. */
  readonly until: number;
  /** A folder of this rebuilding alone; whoever made it removes it. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Told after every update on the way how many are done, of how many. */
  readonly onUpdate?: (done: number, all: number) => void;
}

/** Brings new models there; returns every policy on the way. */
export async function rebuildModels(options: RebuildOptions): Promise<readonly ReplayedPolicy[]> {
  const rebuild = new Rebuild(options);
  await rebuild.restore();
  const { start, until } = options;
  const policies: ReplayedPolicy[] = [];
  for (let iteration = start.iteration; iteration < until; iteration += 1) {
    options.signal.throwIfAborted();
    await rebuild.cross(iteration);
    policies.push(await rebuild.replay(iteration));
    options.onUpdate?.(policies.length, until - start.iteration);
  }
  await rebuild.cross(until);
  return policies;
}

class Rebuild {
  /** Of the newest checkpoint so far. */
  private critic: SavedModel | undefined;
  /** Folders of policies that a later rollback goes back to, by their recorded hashes. */
  private readonly kept = new Map<string, string>();
  private readonly rollsBack: ReadonlySet<string>;

  constructor(private readonly options: RebuildOptions) {
    const { history, start, until } = options;
    const boundaries = Array.from({ length: until - start.iteration + 1 }, (_, at) => start.iteration + at);
    this.rollsBack = new Set(
      boundaries.flatMap((next) => rollbacksBefore(history, next)).map(({ hash }) => hash),
    );
  }

  async restore(): Promise<void> {
    const { models, start } = this.options;
    if (start.manifest === undefined) return;
    const { policy, critic } = start.manifest;
    await models.policy.load(policy);
    if (critic === undefined) return;
    await models.critic?.load(critic);
    this.critic = critic;
  }

  async cross(iteration: number): Promise<void> {
    const { models, history } = this.options;
    for (const { hash, location } of rollbacksBefore(history, iteration)) {
      await models.policy.restart(this.kept.get(hash) ?? location);
      if (this.critic !== undefined) await models.critic?.load(this.critic);
    }
  }

  async replay(iteration: number): Promise<ReplayedPolicy> {
    const { models, history, scratch, signal } = this.options;
    const record = await readUpdate(history, iterationOf(history, iteration));
    const { lesson, steps } = recordedUpdate(record);
    await takeSteps(models, lesson, steps, signal);
    const recorded = versionAfter(history, record);
    const { directory, sha256 } = await models.policy.publish(join(scratch, `policy-after-${iteration}`));
    if (this.rollsBack.has(recorded.hash)) this.kept.set(recorded.hash, directory);
    else await rm(directory, { recursive: true, force: true });
    await this.rememberCritic(iteration + 1);
    return { iteration, version: recorded.version, recordedHash: recorded.hash, hash: sha256 };
  }

  private async rememberCritic(next: number): Promise<void> {
    const { models, history, scratch } = this.options;
    if (models.critic === undefined || this.rollsBack.size === 0 || !wasCheckpointedBefore(history, next))
      return;
    this.critic = await models.critic.save(join(scratch, `critic-before-${next}`));
  }
}
