import { contentHash } from '../../runtime/content-hash.js';

const SAFETENSORS = /^[^/]*\.safetensors$/;

/** Whether a path in a Hugging Face directory is one of its weight files. */
export function isWeights(path: string): boolean {
  return SAFETENSORS.test(path);
}

/**
 * The hash that names the weights of a Hugging Face directory, from the sha256 of each of its files by path: that of the one
 * safetensors file, as whoever published it says too, or a hash over the shards'. Undefined where there are none.
 */
export function weightsHash(
  files: readonly { readonly path: string; readonly sha256: string }[],
): string | undefined {
  const weights = files.filter(({ path }) => isWeights(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  return weights.length > 1
    ? contentHash(weights.map(({ path, sha256 }) => [path, sha256]))
    : weights[0]?.sha256;
}
