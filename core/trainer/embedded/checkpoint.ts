import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../config/parse-json.js';
import { MajlisError } from '../../errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../network/model-directory/safetensors.js';
import { canonicalJson, sha256 } from '../../runtime/content-hash.js';
import { writeFolderDurably } from '../../runtime/durable-folder.js';
import type { SavedCheckpoint } from '../trainer.js';
import type { ModelState } from './model-state.js';
import type { SharedFloats } from './trainer-task.js';

const STATE_FILE = 'trainer-state.json';
const TENSOR_FILE = 'trainer-state.safetensors';

const stateSchema = z.strictObject({
  format: z.literal(1),
  version: z.int().nonnegative(),
  adamSteps: z.int().nonnegative(),
  /** Canonical JSON of the model's shape. */
  shape: z.string(),
  /** Of the tensor file. */
  sha256: z.string(),
});

/** Writes weights, moments and step counts into a directory that appears whole or not at all. */
export async function writeCheckpoint(model: ModelState, directory: string): Promise<SavedCheckpoint> {
  const tensors = encodeSafetensors(
    Object.entries(stateTensors(model)).map(([name, shared]) => {
      const values = new Float32Array(shared).slice();
      return { name, shape: [values.length], values };
    }),
  );
  const hash = sha256(tensors);
  const state: z.infer<typeof stateSchema> = {
    format: 1,
    version: model.version,
    adamSteps: model.adamSteps,
    shape: canonicalJson(model.shape),
    sha256: hash,
  };
  await writeFolderDurably(
    directory,
    new Map([
      [TENSOR_FILE, tensors],
      [STATE_FILE, Buffer.from(canonicalJson(state))],
    ]),
  );
  return { sha256: hash, bytes: tensors.length, step: model.version };
}

/** Puts a checkpoint of the same architecture into the model, and gives its sha256. A damaged one changes nothing and is `data_loss`. */
export async function readCheckpoint(model: ModelState, directory: string): Promise<string> {
  const state = await readState(directory);
  if (state.shape !== canonicalJson(model.shape)) {
    throw new MajlisError(`${directory} is of another architecture: ${state.shape}.`, {
      code: 'failed_precondition',
    });
  }
  const path = join(directory, TENSOR_FILE);
  const bytes = await readRequired(path);
  if (sha256(bytes) !== state.sha256) {
    throw new MajlisError(`${path} does not have the sha256 that ${STATE_FILE} gives.`, {
      code: 'data_loss',
    });
  }
  const tensors = decodeSafetensors(bytes, path);
  for (const [name, shared] of Object.entries(stateTensors(model))) {
    new Float32Array(shared).set(tensors.get(name)?.values ?? []);
  }
  model.version = state.version;
  model.adamSteps = state.adamSteps;
  model.touch();
  return state.sha256;
}

function stateTensors(model: ModelState): Record<'weights' | 'mean' | 'variance', SharedFloats> {
  const { mean, variance } = model.memory;
  return { weights: model.weights, mean, variance };
}

async function readState(directory: string): Promise<z.infer<typeof stateSchema>> {
  const path = join(directory, STATE_FILE);
  return parseJson((await readRequired(path)).toString('utf8'), stateSchema, { source: path });
}

async function readRequired(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MajlisError(`${path} cannot be read.`, { code: 'not_found', cause });
  }
}
