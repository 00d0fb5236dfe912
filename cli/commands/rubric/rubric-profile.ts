import { profileFor, type LocaleProfile } from '../../../core/domain/locale.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { MajlisError } from '../../../core/errors.js';
import { localesFor } from '../../../core/config/known-locales.js';

/** The profile of the locale of a rubric that was loaded from a file. */
export async function rubricProfile(rubric: Rubric, path: string): Promise<LocaleProfile> {
  const profile = profileFor(rubric.locale, await localesFor(path));
  if (profile !== undefined) return profile;
  throw new MajlisError(`rubric ${rubric.id} has no profile for its locale ${rubric.locale}`, {
    code: 'failed_precondition',
  });
}
