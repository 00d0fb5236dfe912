import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadLocale } from '../../../core/config/load-locale.js';
import { lintLocale } from '../../../core/config/lint-locale.js';
import { BadInputError } from '../../../core/errors.js';
import type { CommandResult } from '../session.js';
import { cldrFacts } from './cldr-facts.js';
import { copyProfile } from './copy-profile.js';
import { findLocaleFile } from './find-locale-file.js';
import { scaffoldProfile, SCAFFOLDED_REGISTER } from './scaffold-profile.js';
import { scaffoldRubric } from './scaffold-rubric.js';

/** The locale that knows nothing: a scaffold from it has a TODO for every list. */
const NEUTRAL = 'und';

export interface NewLocaleRequest {
  /** BCP 47. */
  readonly tag: string;
  /** The locale whose lists are the beginning. */
  readonly from?: string;
  /** Gets `locales/` and `rubrics/`. */
  readonly folder: string;
  /** Where profiles of one's own lie that `from` may name. */
  readonly locales?: string;
}

/** Writes the profile and a rubric of a new locale. A file that is there already is refused and stays. */
export async function newLocale({
  tag,
  from = NEUTRAL,
  folder,
  locales,
}: NewLocaleRequest): Promise<CommandResult> {
  const facts = cldrFacts(tag);
  const profile = join(folder, 'locales', `${facts.tag}.yaml`);
  const rubric = join(folder, 'rubrics', `${facts.tag.toLowerCase()}.yaml`);
  refuseExisting([profile, rubric]);
  if (from === NEUTRAL) {
    await write(profile, scaffoldProfile(facts));
    await write(rubric, scaffoldRubric(facts, SCAFFOLDED_REGISTER));
  } else {
    const source = findLocaleFile(from, locales);
    const { registers } = await loadLocale(source);
    await write(profile, await copyProfile(source, from, facts));
    await write(rubric, scaffoldRubric(facts, Object.keys(registers).at(0) ?? SCAFFOLDED_REGISTER));
  }
  const open = (await lintLocale(profile)).length;
  return {
    json: { locale: facts.tag, profile, rubric, open },
    text: [
      `wrote ${profile}: ${open} places to fill in`,
      `wrote ${rubric}: a draft that is judged by rules`,
      `next: fill in the profile, majlis locale lint ${profile}, majlis rubric lint ${rubric}`,
    ].join('\n'),
  };
}

function refuseExisting(paths: readonly string[]): void {
  const there = paths.find((path) => existsSync(path));
  if (there === undefined) return;
  throw new BadInputError({
    source: there,
    found: 'a file that is there already',
    allowed: 'a new file: another --dir, or take this one away',
  });
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { flag: 'wx' });
}
