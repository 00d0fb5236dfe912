import { fingerprintParts } from '../../core/network/session/runtime-fingerprint.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import { majlisVersion } from '../../core/runtime/majlis-version.js';
import { unicodeVersion } from '../../core/runtime/unicode-version.js';
import type { RunInputs } from './run-inputs.js';
import { rubricsOf, type RunRubrics } from './run-rubrics.js';

/** By name: sha256 of a run's inputs; of what computes it, its version, build, CPU type and Unicode tables as text. */
export type Fingerprints = Readonly<Record<string, string>>;

/**
 * All that a run is a function of, but for its control events and what judge endpoints answer: two runs with equal ones end
 * in the same policy. What follows from them is known later: the base weights are policy version 0, and every iteration
 * names its reward model.
 */
export function fingerprintsOf(
  inputs: RunInputs,
  rubrics: RunRubrics,
  computing: { readonly engine: string; readonly trainer: string },
): Fingerprints {
  const { config, locales, model, ...files } = inputs;
  const ofLocales = locales.flatMap(({ locale, profile, canaries }): [name: string, hash: string][] => {
    const name = locales.length === 1 ? '' : ` ${locale}`;
    return [
      [`locale${name}`, contentHash(profile)],
      [`canaries${name}`, contentHash(canaries)],
    ];
  });
  return {
    ...computingFingerprints(computing.engine),
    ...(config.trainer === undefined ? {} : { trainer: computing.trainer }),
    unicode: unicodeVersion(),
    config: contentHash(config),
    ...Object.fromEntries(ofLocales),
    ...(model === undefined ? {} : { model: model.hash }),
    ...Object.fromEntries(rubricsOf(rubrics).map(({ id, hash }) => [`rubric ${id}`, hash])),
    ...Object.fromEntries(Object.entries(files).map(([name, lines]) => [name, contentHash(lines)])),
  };
}

/**
 * What computes numbers: version of Majlis, build of the numerical engine, CPU type. Where these are equal, equal work gives
 * equal bits; scores of answers also depend on the Unicode tables that their words are told apart by.
 */
export function computingFingerprints(engineFingerprint: string): Fingerprints {
  return { majlis: majlisVersion(), ...fingerprintParts(engineFingerprint) };
}
