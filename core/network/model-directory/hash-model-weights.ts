import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInputError } from '../../errors.js';
import { hashFile } from '../../runtime/hash-file.js';
import { isWeights, weightsHash } from './weights-hash.js';

/** Formats whose opening may run code. */
const PICKLES = /\.(bin|pt|pth|pkl)$/;

/** The `weightsHash` of a Hugging Face directory on disk. A folder without weights is bad input. */
export async function hashModelWeights(directory: string): Promise<string> {
  const names = await filesOf(directory);
  const files: { path: string; sha256: string }[] = [];
  for (const path of names.filter(isWeights)) {
    files.push({ path, sha256: await hashFile(join(directory, path)) });
  }
  const hash = weightsHash(files);
  if (hash !== undefined) return hash;
  const pickle = names.find((name) => PICKLES.test(name));
  throw new BadInputError({
    source: directory,
    found: pickle === undefined ? 'no weights' : `${pickle}, whose opening may run code`,
    allowed: 'a Hugging Face directory with config.json and its weights as safetensors',
  });
}

async function filesOf(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (cause) {
    const allowed = 'a Hugging Face directory with config.json and its weights as safetensors';
    throw new BadInputError({ source: directory, found: 'no such folder', allowed }, cause);
  }
}
