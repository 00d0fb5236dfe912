import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import { rubricSet, withRubric, type RubricSet } from '../../reward/rubric/rubric-set.js';
import { keepRunRubrics, readStoredRubric } from './stored-rubrics.js';

/** Sets of rubrics that runs of a workspace are paid by, by hash: their members' hashes by locale. */
const FOLDER = join('rubrics', 'sets');

const storedSetSchema = z.strictObject({
  format: z.literal('majlis-rubric-set/1'),
  members: z.array(z.strictObject({ locale: z.string(), rubricHash: z.string() })).min(2),
});

/** Keeps the rubrics that a run begins with, and of a run on several locales which belong together. */
export async function keepRunRubricSet(workspace: string, set: RubricSet): Promise<void> {
  await keepRunRubrics(
    workspace,
    set.members.map(({ rubric }) => rubric),
  );
  if (set.members.length > 1) await storeRubricSet(workspace, set);
}

/** The set of a hash; one that is not stored is a BadInputError, one that was changed since is `data_loss`. */
export async function readRubricSet(workspace: string, hash: string): Promise<RubricSet> {
  const source = setPath(workspace, hash);
  if (!existsSync(source)) {
    throw new BadInputError({
      source: `rubrics of workspace ${workspace}`,
      found: `no set of rubrics ${hash}`,
      allowed: 'a set that a run of this workspace was paid by',
    });
  }
  const { members } = await readSetFile(source);
  const set = rubricSet(
    await Promise.all(
      members.map(async ({ locale, rubricHash }) => {
        return { locale, rubric: await readStoredRubric(workspace, rubricHash) };
      }),
    ),
  );
  if (set.hash === hash) return set;
  throw new MajlisError(`${source} was changed: its content has the hash ${set.hash}`, { code: 'data_loss' });
}

/** Hashes of the rubrics in every set that the workspace stores, by the set's hash; none where it stores none yet. */
export async function storedSetMembers(workspace: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const folder = join(workspace, FOLDER);
  if (!existsSync(folder)) return new Map();
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const sets = files.map(async (name) => {
    const { members } = await readSetFile(join(folder, name));
    return [name.replace(/\.json$/, ''), members.map(({ rubricHash }) => rubricHash)] as const;
  });
  return new Map(await Promise.all(sets));
}

/** The hash of the set in which a stored rubric has taken the place of the member of its locale; it is stored too. */
export async function setWithRubric(workspace: string, inForce: string, rubricHash: string): Promise<string> {
  const set = withRubric(
    await readRubricSet(workspace, inForce),
    await readStoredRubric(workspace, rubricHash),
  );
  await storeRubricSet(workspace, set);
  return set.hash;
}

async function readSetFile(source: string): Promise<z.infer<typeof storedSetSchema>> {
  return parseJson(await readFile(source, 'utf8'), storedSetSchema, { source });
}

async function storeRubricSet(workspace: string, { hash, members }: RubricSet): Promise<void> {
  const path = setPath(workspace, hash);
  if (existsSync(path)) return;
  const stored: z.infer<typeof storedSetSchema> = {
    format: 'majlis-rubric-set/1',
    members: members.map(({ locale, rubric }) => ({ locale, rubricHash: rubric.hash })),
  };
  await makeFolderDurably(join(workspace, FOLDER));
  await writeDurably(path, Buffer.from(`${canonicalJson(stored)}\n`));
}

function setPath(workspace: string, hash: string): string {
  return join(workspace, FOLDER, `${hash}.json`);
}
