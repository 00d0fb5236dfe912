import { isOwnModel } from '../../core/config/model-options.js';
import { MajlisError } from '../../core/errors.js';
import { hashModelWeights } from '../../core/network/model-directory/hash-model-weights.js';
import { namedModel } from '../pipeline/named-model.js';
import type { FoundRun } from '../pipeline/run-record.js';

/**
 * Refuses, as `data_loss`, a directory whose weights are not those that a run's reward model was made from; for adapters also the
 * model under them. What was written before hashes were is taken as it is.
 */
export async function requireSameBase(
  { record }: FoundRun,
  base: string,
  { folder, baseHash }: { readonly folder: string; readonly baseHash: string | undefined },
): Promise<void> {
  if (baseHash !== undefined) requireSame(base, await hashModelWeights(base), { folder, hash: baseHash });
  const { config, fingerprints, runFile } = record;
  const hash = fingerprints['model'];
  if (hash === undefined || isOwnModel(config.model) || config.model.lora === undefined) return;
  const named = await namedModel(config, runFile);
  if (named !== undefined) requireSame(named.directory, named.hash, { folder, hash });
}

function requireSame(
  directory: string,
  found: string,
  { folder, hash }: { readonly folder: string; readonly hash: string },
): void {
  if (found === hash) return;
  const sentence = `${directory} holds other weights than the reward model in ${folder} was made from: found ${found}, wanted ${hash}. Next: put back the weights that the run began with.`;
  throw new MajlisError(sentence, { code: 'data_loss' });
}
