import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocaleProfile } from '../domain/locale.js';
import { BadInputError } from '../errors.js';
import { entityHalf } from './entity-half.js';
import { localeFileSchema } from './locale-schema.js';
import { readYaml } from './read-yaml.js';

/** Reads one locale profile and gives every name its half. A name that stands twice is refused. */
export async function loadLocale(path: string): Promise<LocaleProfile> {
  const file = await readYaml(path, localeFileSchema);
  const known = new Set<string>();
  for (const [index, entity] of file.gazetteer.entries()) {
    if (known.has(entity.text)) {
      throw new BadInputError({
        source: path,
        place: `gazetteer[${index}].text`,
        found: `${JSON.stringify(entity.text)} again`,
        allowed: 'each name once',
      });
    }
    known.add(entity.text);
  }
  const gazetteer = file.gazetteer.map((entity) => ({ ...entity, half: entityHalf(entity.text) }));
  return { ...file, gazetteer };
}

/** Every locale profile in a folder, in order of file name. Two files for one locale are refused. */
export async function loadLocales(folder: string): Promise<LocaleProfile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const profiles = await Promise.all(names.map((name) => loadLocale(join(folder, name))));
  const tags = profiles.map(({ locale }) => locale.toLowerCase());
  const again = tags.findIndex((tag, index) => tags.indexOf(tag) < index);
  if (again < 0) return profiles;
  throw new BadInputError({
    source: join(folder, names[again]),
    place: 'locale',
    found: `${JSON.stringify(profiles[again].locale)}, which ${names[tags.indexOf(tags[again])]} describes too`,
    allowed: 'one file for each locale of a folder',
  });
}
