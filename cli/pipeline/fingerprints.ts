import type { Rubric } from '../../core/domain/rubric.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import type { RunInputs } from './run-inputs.js';

/** sha256, or for the engine its build and CPU type, of everything that a run is a function of, by name. */
export type Fingerprints = Readonly<Record<string, string>>;

/** Two runs with equal fingerprints and equal control events end in the same policy. */
export function fingerprintsOf(
  inputs: RunInputs,
  rubrics: readonly Rubric[],
  engineFingerprint: string,
): Fingerprints {
  const { config, profile, ...files } = inputs;
  return {
    config: contentHash(config),
    engine: engineFingerprint,
    locale: contentHash(profile),
    ...Object.fromEntries(rubrics.map(({ id, hash }) => [`rubric ${id}`, hash])),
    ...Object.fromEntries(Object.entries(files).map(([name, lines]) => [name, contentHash(lines)])),
  };
}
