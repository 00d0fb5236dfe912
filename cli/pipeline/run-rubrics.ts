import { localesFor } from '../../core/config/known-locales.js';
import { requireAskable } from '../../core/config/require-askable.js';
import { localesOf } from '../../core/config/run-locales.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { evaluators } from '../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../reward/rubric/load-rubric.js';
import { rubricSet, withRubric, type RubricMember, type RubricSet } from '../../reward/rubric/rubric-set.js';
import type { ArmName } from '../../workers/evaluation/arm-figures.js';
import { rubricFile } from './rubric-file.js';
import type { RunInputs } from './run-inputs.js';

/** The rubrics that a run file names. */
export interface RunRubrics {
  /** In force at first. */
  readonly first: RubricSet;
  /** In force after the file's swap, in the arm that swaps. */
  readonly swapped?: RubricSet;
}

/** Loads the rubrics of a run file; each is one that its judges can be asked about. */
export async function loadRunRubrics(runFile: string, { config }: RunInputs): Promise<RunRubrics> {
  const profiles = await localesFor(runFile);
  const load = async (name: string): Promise<Rubric> => {
    const rubric = await loadRubric(rubricFile(name, runFile), { evaluators, profiles });
    requireAskable(rubric, config.judges);
    return rubric;
  };
  const members = await Promise.all(
    localesOf(config).map(async ({ locale, rubric }) => ({ locale, rubric: await load(rubric) })),
  );
  const first = rubricSet(members);
  if (config.swap === undefined) return { first };
  return { first, swapped: withRubric(first, await load(config.swap.rubric)) };
}

/** Each of a run's rubrics once with its locale, those of its beginning first. */
export function membersOf({ first, swapped }: RunRubrics): readonly RubricMember[] {
  const all = [...first.members, ...(swapped?.members ?? [])];
  return [...new Map(all.map((member) => [member.rubric.hash, member])).values()];
}

/** The same without their locales. */
export function rubricsOf(rubrics: RunRubrics): readonly Rubric[] {
  return membersOf(rubrics).map(({ rubric }) => rubric);
}

/** What an arm ended under. */
export function rubricsAfter(arm: ArmName, { first, swapped = first }: RunRubrics): RubricSet {
  return arm === 'swapped' ? swapped : first;
}
