import { quote } from '../../core/config/parse-input.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import { profileFor } from '../../core/domain/locale.js';
import { ASKED_EVALUATORS } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import type { Evaluator } from '../judge/evaluator.js';
import { checkCriterion } from './check-criterion.js';
import { positiveWeight } from './composite.js';
import { formulaName } from './formula/formula-name.js';
import { prepareFormula } from './formula/prepared-formulas.js';
import type { ResolvedRubric } from './resolve-rubric.js';
import type { RubricFile } from './rubric-schema.js';
import { isHigherVersion } from './semantic-version.js';

/** What a rubric may refer to. */
export interface RubricContext {
  readonly evaluators: ReadonlyMap<string, Evaluator>;
  readonly profiles: readonly LocaleProfile[];
}

/** Refuses what the schema cannot see: references to nothing, and fields that contradict each other. */
export async function checkRubric(
  { file, places }: ResolvedRubric,
  source: string,
  context: RubricContext,
): Promise<void> {
  const profile = requireProfile(file, source, context);
  checkUniqueKeys(file, source, places);
  checkWeights(file, source);
  checkParent(file, source);
  checkReviewers(file, source);
  for (const [index, criterion] of file.criteria.entries()) {
    const place = places[index];
    checkCriterion(criterion, source, place);
    if (ASKED_EVALUATORS.has(criterion.evaluator)) continue;
    const evaluator = context.evaluators.get(criterion.evaluator);
    if (evaluator === undefined) {
      const names = [...context.evaluators.keys(), ...ASKED_EVALUATORS].join(', ');
      throw refusal(source, `${place}.evaluator`, quote(criterion.evaluator), names);
    }
    const where = { source, place: `${place}.parameters` };
    evaluator.prepare(criterion.parameters, { tag: file.locale, profile }, where);
  }
  await checkFormula(file, source);
}

/** Locales that are compared need not have profiles, but have to be tags. */
function checkReviewers({ reviewers = [] }: RubricFile, source: string): void {
  const at = reviewers.findIndex(({ nativeLocale }) => !isLanguageTag(nativeLocale));
  if (at < 0) return;
  const place = `reviewers[${at}].nativeLocale`;
  throw refusal(source, place, quote(reviewers[at].nativeLocale), 'a BCP 47 language tag such as ar-EG');
}

function requireProfile({ locale }: RubricFile, source: string, { profiles }: RubricContext): LocaleProfile {
  if (!isLanguageTag(locale)) {
    throw refusal(source, 'locale', quote(locale), 'a BCP 47 language tag such as ar-EG');
  }
  const profile = profileFor(locale, profiles);
  if (profile !== undefined) return profile;
  const known = profiles.map((candidate) => candidate.locale).join(', ');
  throw refusal(source, 'locale', quote(locale), `a locale with a profile: ${known}`);
}

function isLanguageTag(locale: string): boolean {
  try {
    return Intl.getCanonicalLocales(locale).length === 1;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

function checkUniqueKeys({ criteria }: RubricFile, source: string, places: readonly string[]): void {
  const keys = criteria.map(({ key }) => key);
  const again = keys.findIndex((key, index) => keys.indexOf(key) < index);
  if (again >= 0) throw refusal(source, `${places[again]}.key`, quote(keys[again]), 'each key once');
}

/** Every prompt has to leave something to earn: else an answer to it would have no value at all. */
function checkWeights({ criteria }: RubricFile, source: string): void {
  if (positiveWeight(criteria) === 0) {
    const allowed = 'at least one criterion that is no pitfall with a weight above 0';
    throw refusal(source, 'criteria', 'no weight above 0 outside pitfalls', allowed);
  }
  if (positiveWeight(criteria.filter(({ appliesWhen }) => appliesWhen === undefined)) === 0) {
    const allowed =
      'at least one criterion that is no pitfall, has a weight above 0 and applies to every prompt';
    throw refusal(source, 'criteria', 'nothing to earn where no appliesWhen holds', allowed);
  }
}

function checkParent({ id, version, parent }: RubricFile, source: string): void {
  if (parent === undefined || parent.id !== id || isHigherVersion(version, parent.version)) return;
  const allowed = `a version above ${parent.version}, the parent's: the content is another`;
  throw refusal(source, 'version', quote(version), allowed);
}

/** A formula cannot leave a criterion out as a mean can, so it names only those that apply to every prompt. */
async function checkFormula({ composite, criteria }: RubricFile, source: string): Promise<void> {
  if (composite === undefined) return;
  const where = { source, place: 'composite.formula' };
  const names = new Set(criteria.map(({ key }) => formulaName(key)));
  const uses = await prepareFormula(composite.formula, names, where);
  const conditional = criteria.find(
    ({ key, appliesWhen }) => appliesWhen !== undefined && uses.has(formulaName(key)),
  );
  if (conditional === undefined) return;
  const found = `${quote(formulaName(conditional.key))}, which does not apply to every prompt`;
  throw refusal(source, where.place, found, 'criteria without appliesWhen');
}

function refusal(source: string, place: string, found: string, allowed: string): BadInputError {
  return new BadInputError({ source, place, found, allowed });
}
