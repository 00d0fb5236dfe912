/**
 * What answers are paid by: one rubric for each of a run's locales.
 *
 * - Its hash is the hash of its members, whatever order they came in; that of a single one is the rubric's own.
 * - No two have one id: what is authored for a rubric names it so.
 * - A rubric takes the place of the one member whose locale it is of.
 */
import { isWithin } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { BadInputError } from '../../core/errors.js';
import { contentHash } from '../../core/runtime/content-hash.js';

/** The rubric by which answers to prompts of a locale, and of those under it, are judged. */
export interface RubricMember {
  readonly locale: Locale;
  readonly rubric: Rubric;
}

export interface RubricSet {
  readonly hash: string;
  /** At least one, by locale ascending. */
  readonly members: readonly RubricMember[];
}

/** Rubrics of any language, which may judge every locale. */
const ANY_LANGUAGE = 'und';

/** The set of some rubrics, one for each locale; rubrics of other languages, or of one id, are a BadInputError. */
export function rubricSet(members: readonly RubricMember[]): RubricSet {
  for (const member of members) requireItsLanguage(member);
  requireOwnIds(members);
  const ordered = [...members].sort((a, b) => (a.locale < b.locale ? -1 : 1));
  const hash =
    ordered.length === 1
      ? ordered[0].rubric.hash
      : contentHash({ rubrics: ordered.map(({ locale, rubric }) => [locale, rubric.hash]) });
  return { hash, members: ordered };
}

/** The set with this rubric in place of the member whose locale it is of; a BadInputError where that is none, or several. */
export function withRubric({ members }: RubricSet, rubric: Rubric): RubricSet {
  const place = localeJudgedBy(
    rubric,
    members.map(({ locale }) => locale),
  );
  return rubricSet(members.map((member) => (member.locale === place ? { ...member, rubric } : member)));
}

/** The one of a run's locales that a rubric is to judge: where there is one, that; a BadInputError where none fits, or several. */
export function localeJudgedBy(rubric: Pick<Rubric, 'id' | 'locale'>, locales: readonly Locale[]): Locale {
  if (locales.length === 1) return locales[0];
  const near = locales.filter((locale) => isWithin(rubric.locale, locale) || isWithin(locale, rubric.locale));
  const found =
    near.length > 0 ? near : locales.filter((locale) => languageOf(locale) === languageOf(rubric.locale));
  if (found.length === 1) return found[0];
  throw new BadInputError({
    source: `rubric ${rubric.id}`,
    place: 'locale',
    found: JSON.stringify(rubric.locale),
    allowed: `a rubric for exactly one of ${locales.join(', ')}, the locales of the run`,
  });
}

/** Judging answers in one language by a rubric for another would be noise. */
function requireItsLanguage({ locale, rubric }: RubricMember): void {
  const languages = [languageOf(locale), languageOf(rubric.locale)];
  if (languages[0] === languages[1] || languages.includes(ANY_LANGUAGE)) return;
  throw new BadInputError({
    source: `rubric ${rubric.id}`,
    place: 'locale',
    found: JSON.stringify(rubric.locale),
    allowed: `a rubric for ${locale}, the locale that it is to judge`,
  });
}

function requireOwnIds(members: readonly RubricMember[]): void {
  const ids = members.map(({ rubric }) => rubric.id);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice === undefined) return;
  throw new BadInputError({
    source: 'rubrics of the run',
    found: `two of the id ${twice}`,
    allowed: 'rubrics with an id of their own for each locale',
  });
}

function languageOf(locale: Locale): string {
  return locale.toLowerCase().split('-')[0];
}
