import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInputError } from '../../errors.js';
import { contentHash } from '../../runtime/content-hash.js';

const SAFETENSORS = /\.safetensors$/;
/** Formats whose opening may run code. */
const PICKLES = /\.(bin|pt|pth|pkl)$/;

/**
 * Names the weights in a Hugging Face directory: the sha256 of the one safetensors file, as whoever published it says too, or
 * a hash over the shards'. A folder without any is bad input.
 */
export async function hashModelWeights(directory: string): Promise<string> {
  const names = await filesOf(directory);
  const weights = names.filter((name) => SAFETENSORS.test(name)).sort();
  if (weights.length === 0) {
    const pickle = names.find((name) => PICKLES.test(name));
    throw new BadInputError({
      source: directory,
      found: pickle === undefined ? 'no weights' : `${pickle}, whose opening may run code`,
      allowed: 'a Hugging Face directory with config.json and its weights as safetensors',
    });
  }
  const hashes: string[] = [];
  for (const name of weights) hashes.push(await hashFile(join(directory, name)));
  return hashes.length === 1 ? hashes[0] : contentHash(weights.map((name, at) => [name, hashes[at]]));
}

async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const allowed = 'a Hugging Face directory with config.json and its weights as safetensors';
    throw new BadInputError({ source: directory, found: 'no such folder', allowed }, cause);
  }
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
