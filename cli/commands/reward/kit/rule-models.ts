import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CultureKit } from '../../../../reward/kit/culture-kit.js';
import type { KitModels, NamedModel } from '../../../../reward/kit/kit-answers.js';
import { createRuleRewardModel } from '../../../../reward/model/rule-reward-model.js';
import { findRubric, rubricPath } from '../../rubric/find-rubric.js';
import { ruleScorer } from '../../rubric/rule-scorer.js';
import { registerOfRubric } from './kit-register.js';

/** The models of a kit's run, and the register that the tested one is to prefer. */
export interface ModelsUnderTest {
  readonly models: KitModels;
  readonly register?: string;
}

export interface RuleModelsRequest {
  readonly kit: CultureKit;
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  /** The rubric of the other register; looked for beside the first and among the shipped ones unless told. */
  readonly swapped?: string;
}

/** A rubric's rules as the model under test, and those of the kit's other register where its rubric is found. */
export async function ruleModels({
  kit,
  rubric: name,
  swapped,
}: RuleModelsRequest): Promise<ModelsUnderTest> {
  const rubric = await findRubric(name);
  const register = registerOfRubric(kit, rubric.id);
  const other = swapped ?? otherRubric(kit, register, rubricPath(name));
  return {
    models: {
      tested: await named(name),
      ...(other === undefined ? {} : { swapped: await named(other) }),
    },
    ...(register === undefined ? {} : { register }),
  };
}

async function named(name: string): Promise<NamedModel> {
  const rubric = await findRubric(name);
  const scorer = await ruleScorer(rubric, rubricPath(name));
  return { name: `rules of ${rubric.id} ${rubric.version}`, model: createRuleRewardModel(rubric, scorer) };
}

/** The other register's rubric, where the kit names one whose file is known. */
function otherRubric(
  { manifest }: CultureKit,
  register: string | undefined,
  path: string,
): string | undefined {
  const other = manifest.registers.find(({ name }) => register !== undefined && name !== register);
  if (other === undefined) return undefined;
  const beside = join(dirname(path), `${other.rubric}.yaml`);
  return existsSync(beside) ? beside : undefined;
}
