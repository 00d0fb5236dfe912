import { join } from 'node:path';
import { loadLocale } from '../../core/config/load-locale.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import type { CorpusSource } from './compose-corpus.js';
import { checkFrames, framesSchema } from './frames-file.js';

/** The seed of the corpora that the project ships. */
export const SHIPPED_SEED = 20260;

/** Reads `examples/<example>/frames.yaml` and the locale profile that it names, relative to the package root. */
export async function loadCorpusSource(example: string): Promise<CorpusSource> {
  const path = join(packageRoot, 'examples', example, 'frames.yaml');
  const frames = await readYaml(path, framesSchema);
  checkFrames(frames, path);
  const profile = await loadLocale(join(packageRoot, 'reward', 'locales', `${frames.locale}.yaml`));
  return { frames, gazetteer: profile.gazetteer, seed: SHIPPED_SEED };
}
