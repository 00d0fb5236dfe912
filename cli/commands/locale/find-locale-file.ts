import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BadInputError } from '../../../core/errors.js';
import { SHIPPED_LOCALES } from '../../../core/config/known-locales.js';

/** The file that describes a locale: one's own before the shipped one. A name with a dot or a slash is a file. */
export function findLocaleFile(name: string, locales: string | undefined): string {
  if (/[./\\]/.test(name)) return name;
  const folders = [...(locales === undefined ? [] : [locales]), SHIPPED_LOCALES];
  const path = folders.map((folder) => join(folder, `${name}.yaml`)).find((file) => existsSync(file));
  if (path !== undefined) return path;
  const known = folders.flatMap((folder) => readdirSync(folder).flatMap(tagOf));
  throw new BadInputError({
    source: 'command line',
    place: 'locale',
    found: JSON.stringify(name),
    allowed: `a locale profile's file, or one of ${[...new Set(known)].sort().join(', ')}`,
  });
}

function tagOf(file: string): string[] {
  return file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : [];
}
