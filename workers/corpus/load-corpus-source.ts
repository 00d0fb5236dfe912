import { join } from 'node:path';
import { localesFor } from '../../core/config/known-locales.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { profileFor } from '../../core/domain/locale.js';
import { BadInputError } from '../../core/errors.js';
import type { CorpusSource } from './compose-corpus.js';
import { checkFrames, framesSchema } from './frames-file.js';

/** The seed of the corpora that the project ships. */
export const SHIPPED_SEED = 20260;

/**
 * Reads a folder's `frames.yaml` and the profile of its locale, which is looked for as for any file: in a folder `locales`
 * near it first. A locale without a profile is a BadInputError.
 */
export async function loadCorpusSource(folder: string): Promise<CorpusSource> {
  const path = join(folder, 'frames.yaml');
  const frames = await readYaml(path, framesSchema);
  checkFrames(frames, path);
  const profiles = await localesFor(path);
  const profile = profileFor(frames.locale, profiles);
  if (profile === undefined) {
    const known = profiles.map(({ locale }) => locale).join(', ');
    const allowed = `a locale with a profile: ${known}; "majlis locale new" makes one in a folder locales`;
    throw new BadInputError({ source: path, place: 'locale', found: JSON.stringify(frames.locale), allowed });
  }
  return { frames, gazetteer: profile.gazetteer, seed: SHIPPED_SEED };
}
