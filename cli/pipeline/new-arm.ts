import type { RunConfig } from '../../core/config/run-config.js';
import type { NewRun } from '../../core/ledger/ledger.js';
import { canonicalJson, contentHash } from '../../core/runtime/content-hash.js';
import type { Fingerprints } from './fingerprints.js';

/** What the ledger is told of an arm when it is queued. */
export function newArm(id: string, name: string, config: RunConfig, fingerprints: Fingerprints): NewRun {
  return {
    id,
    name,
    seed: config.seed,
    config: canonicalJson(config),
    configHash: contentHash(config),
    fingerprints,
  };
}
