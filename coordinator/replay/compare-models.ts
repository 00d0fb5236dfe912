import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedModel } from '../../core/domain/checkpoint.js';
import type { Weights } from '../../core/network/gpt/gpt-parameters.js';
import { readModelDirectory } from '../../core/network/model-directory/read-model-directory.js';
import { joinFloats } from '../advantage/join-floats.js';
import type { RunModels } from '../models/run-models.js';
import type { TrainedModel } from '../models/trained-model.js';
import type { UpdateRecord } from '../update/update-record.js';
import { compareQuantity } from './compare-quantity.js';
import type { QuantityComparison } from './compare-quantity.js';
import { versionAfter } from './run-history.js';
import type { RunHistory } from './run-history.js';

/** A hash that was recorded and the one that came out now. */
export interface HashComparison {
  readonly what: string;
  readonly recorded: string;
  readonly recomputed: string;
}

/** Which iteration of which run, and a folder for what is written to be compared. */
export interface ComparedPlace {
  readonly history: RunHistory;
  readonly iteration: number;
  readonly scratch: string;
}

/** By hash, and where that differs number by number, as long as the recorded weights are on disk. */
export async function comparePolicy(
  model: TrainedModel,
  record: UpdateRecord,
  { history, iteration, scratch }: ComparedPlace,
): Promise<{ readonly hash: HashComparison; readonly weights: readonly QuantityComparison[] }> {
  const { version, hash: recorded, location } = versionAfter(history, record);
  const { directory, sha256 } = await model.publish(join(scratch, `policy-after-${iteration}`));
  const hash = { what: `policy version ${version}`, recorded, recomputed: sha256 };
  if (sha256 === recorded || !existsSync(location)) return { hash, weights: [] };
  const [before, after] = await Promise.all([readModelDirectory(location), readModelDirectory(directory)]);
  const compared = { recorded: flat(before.weights), recomputed: flat(after.weights) };
  return { hash, weights: [compareQuantity('policy weights', compared)] };
}

/** Weights and moments of both models, where the run saved itself after the iteration and that checkpoint is known. */
export async function compareCheckpoint(
  models: RunModels,
  { history, iteration, scratch }: ComparedPlace,
): Promise<HashComparison[]> {
  const manifest = history.checkpoints.find((known) => known.iteration === iteration + 1);
  if (manifest === undefined) return [];
  const compare = async (
    name: 'policy' | 'critic',
    saved: SavedModel | undefined,
  ): Promise<HashComparison[]> => {
    const model = models[name];
    if (saved === undefined || model === undefined) return [];
    const { sha256 } = await model.save(join(scratch, `${name}-checkpoint`));
    return [{ what: `checkpoint of the ${name}`, recorded: saved.sha256, recomputed: sha256 }];
  };
  return [...(await compare('policy', manifest.policy)), ...(await compare('critic', manifest.critic))];
}

function flat(weights: Weights): Float32Array {
  return joinFloats([...weights.keys()].sort().map((name) => weights.get(name) ?? new Float32Array()));
}
