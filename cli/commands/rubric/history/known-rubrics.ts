import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rubric } from '../../../../core/domain/rubric.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { storedRubrics } from '../../../control/stored-rubrics.js';
import { findRubric } from '../find-rubric.js';

/** Rubrics whose content is at hand, and the sets that runs on several locales are paid by. */
export interface RubricsAtHand {
  /** By hash. */
  readonly rubrics: ReadonlyMap<string, Rubric>;
  /** Hashes of the members, by the set's hash. */
  readonly sets: ReadonlyMap<string, readonly string[]>;
}

/** Every rubric whose content is at hand, by hash: those that come with Majlis and those that the workspace stores. */
export async function knownRubrics(workspace: string): Promise<ReadonlyMap<string, Rubric>> {
  const files = await readdir(join(packageRoot, 'reward', 'rubrics'));
  const ids = files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
  const shipped = await Promise.all(ids.map(findRubric));
  const rubrics = [...shipped, ...(await storedRubrics(workspace))];
  return new Map(rubrics.map((rubric) => [rubric.hash, rubric]));
}
