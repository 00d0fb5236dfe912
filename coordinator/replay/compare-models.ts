import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SavedModel } from '../../core/domain/checkpoint.js';
import { BadInputError } from '../../core/errors.js';
import { decodeSafetensors } from '../../core/network/model-directory/safetensors.js';
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
  const [before, after] = await Promise.all([floatWeights(location), floatWeights(directory)]);
  if (before === undefined || after === undefined) return { hash, weights: [] };
  const compared = { recorded: before, recomputed: after };
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

/** Of a model or of an adapter. */
const WEIGHT_FILES = ['model.safetensors', 'adapter_model.safetensors'];

/** All numbers of a published policy by tensor name; undefined where they are not float32 in one file. */
async function floatWeights(directory: string): Promise<Float32Array | undefined> {
  const path = WEIGHT_FILES.map((name) => join(directory, name)).find(existsSync);
  if (path === undefined) return undefined;
  try {
    const tensors = decodeSafetensors(await readFile(path), path);
    return joinFloats(
      [...tensors.keys()].sort().map((name) => tensors.get(name)?.values ?? new Float32Array()),
    );
  } catch (thrown) {
    // Numbers of another type: their hashes say whether they differ.
    if (thrown instanceof BadInputError) return undefined;
    throw thrown;
  }
}
