import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../../../../core/config/parse-input.js';
import { BadInputError } from '../../../../core/errors.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import type { CultureKit } from '../../../../reward/kit/culture-kit.js';
import { loadKit, MANIFEST } from '../../../../reward/kit/load-kit.js';
import { localesFor } from '../../../../core/config/known-locales.js';

/** Where the kits lie that come with Majlis: a folder for each locale. */
const SHIPPED_KITS = join(packageRoot, 'reward', 'kit');

/** Loads the kit that a person named: the locale of a shipped one, or a folder. A name with a dot or a slash is a folder. */
export async function findKit(name: string): Promise<CultureKit> {
  const folder = /[./\\]/.test(name) ? name : join(SHIPPED_KITS, name);
  const manifest = join(folder, MANIFEST);
  if (existsSync(manifest)) return loadKit(folder, await localesFor(manifest));
  throw new BadInputError({
    source: 'command line',
    place: 'kit',
    found: quote(name),
    allowed: `a folder with ${MANIFEST} in it, or one of ${shippedKits().join(', ')}`,
  });
}

function shippedKits(): string[] {
  return readdirSync(SHIPPED_KITS)
    .filter((name) => existsSync(join(SHIPPED_KITS, name, MANIFEST)))
    .sort();
}
