import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { loadLocales } from './load-locale.js';
import type { LocaleProfile } from '../domain/locale.js';
import { packageRoot } from '../runtime/package-root.js';

/** Where the locale profiles lie that come with Majlis. */
export const SHIPPED_LOCALES = join(packageRoot, 'reward', 'locales');

const FOLDER = 'locales';

/**
 * Where a person's own locale profiles lie, seen from a file of theirs: the nearest folder `locales` beside it, beside its
 * folder (rubrics/sw.yaml and locales/sw.yaml) or beside the folder above (a workspace's rubrics). Undefined where none is.
 */
export function localesFolderBy(file: string): string | undefined {
  const folder = dirname(resolve(file));
  const parents = [folder, dirname(folder), dirname(dirname(folder))];
  return parents.map((parent) => join(parent, FOLDER)).find((path) => existsSync(path));
}

/** The shipped profiles and those of a folder; where both describe a locale, the folder's is the one that holds. */
export async function knownLocales(folder?: string): Promise<LocaleProfile[]> {
  const shipped = await shippedLocales();
  if (folder === undefined || resolve(folder) === SHIPPED_LOCALES) return shipped;
  const own = await loadLocales(folder);
  const tags = new Set(own.map(({ locale }) => locale.toLowerCase()));
  return [...shipped.filter(({ locale }) => !tags.has(locale.toLowerCase())), ...own];
}

let shippedProfiles: Promise<LocaleProfile[]> | undefined;

/** Read once: the package's own files do not change while a process runs. */
function shippedLocales(): Promise<LocaleProfile[]> {
  shippedProfiles ??= loadLocales(SHIPPED_LOCALES);
  return shippedProfiles;
}

/** The profiles that a person's file is read with: a rubric, a run file, the frames of a corpus. */
export async function localesFor(file: string): Promise<LocaleProfile[]> {
  return knownLocales(localesFolderBy(file));
}
