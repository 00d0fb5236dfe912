import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { profileFor } from '../../core/domain/locale.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import { evaluators } from '../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../reward/rubric/load-rubric.js';
import { findRubric } from '../commands/rubric/find-rubric.js';
import { localesFor } from '../../core/config/known-locales.js';

/**
 * Rubrics that were swapped into runs of a workspace, by hash. The ledger names a rubric by hash alone, so its content is
 * stored before a swap is asked for, and a run that goes on after a crash finds it again.
 */
const FOLDER = 'rubrics';
const HASH = /^[0-9a-f]{64}$/;

/**
 * Keeps a rubric's content under its hash. One that is there already stays, but for its status, which is no part of the hash:
 * what was retired since is known as retired. One of a locale that nobody could read it back with is refused, here and not
 * when a run comes to it.
 */
export async function storeRubric(workspace: string, rubric: Rubric): Promise<void> {
  const path = storedRubricPath(workspace, rubric.hash);
  if (existsSync(path) && (await readStoredRubric(workspace, rubric.hash)).status === rubric.status) return;
  const profiles = await localesFor(path);
  if (profileFor(rubric.locale, profiles) === undefined) {
    throw new BadInputError({
      source: `rubric ${rubric.id}`,
      place: 'locale',
      found: `${rubric.locale}, which workspace ${workspace} has no profile of`,
      allowed: `a locale with a profile: put it into ${join(workspace, 'locales')}`,
    });
  }
  await makeFolderDurably(join(workspace, FOLDER));
  // A rubric file holds no hash: it is made from the rest.
  const content = { ...rubric, hash: undefined };
  await writeDurably(path, Buffer.from(`${JSON.stringify(content, undefined, 2)}\n`));
}

/**
 * Keeps the rubrics that a run begins with, whose files may change or go: what a swap would ask anew is told from them. A
 * workspace that has no profile of a rubric's locale could not read it back, and keeps none.
 */
export async function keepRunRubrics(workspace: string, rubrics: readonly Rubric[]): Promise<void> {
  for (const rubric of rubrics) {
    const profiles = await localesFor(storedRubricPath(workspace, rubric.hash));
    if (profileFor(rubric.locale, profiles) !== undefined) await storeRubric(workspace, rubric);
  }
}

/** The stored rubric of a hash; one that is not stored is a BadInputError, one that was changed since is `data_loss`. */
export async function readStoredRubric(workspace: string, hash: string): Promise<Rubric> {
  const path = storedRubricPath(workspace, hash);
  if (!existsSync(path)) {
    throw new BadInputError({
      source: `rubrics of workspace ${workspace}`,
      found: `no rubric ${hash}`,
      allowed: 'a rubric that was stored there; "majlis rubric swap RUN RUBRIC" stores what it names',
    });
  }
  const profiles = await localesFor(path);
  const rubric = await loadRubric(path, { evaluators, profiles });
  if (rubric.hash === hash) return rubric;
  throw new MajlisError(`${path} was changed: its content has the hash ${rubric.hash}`, {
    code: 'data_loss',
  });
}

/** Every rubric that the workspace stores, by hash ascending; none where it stores none yet. */
export async function storedRubrics(workspace: string): Promise<Rubric[]> {
  const folder = join(workspace, FOLDER);
  if (!existsSync(folder)) return [];
  const hashes = (await readdir(folder))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => HASH.test(name));
  return Promise.all(hashes.sort().map((hash) => readStoredRubric(workspace, hash)));
}

/** The rubric that a swap or a shadow names, by hash or by the id of a shipped one, kept in the workspace from then on. */
export async function rubricForSwap(workspace: string, name: string): Promise<Rubric> {
  if (HASH.test(name)) return readStoredRubric(workspace, name);
  const rubric = await findRubric(name);
  await storeRubric(workspace, rubric);
  return rubric;
}

/** The file of a stored rubric. */
export function storedRubricPath(workspace: string, hash: string): string {
  return join(workspace, FOLDER, `${hash}.json`);
}
