import type { Locale } from '../../core/domain/prompt.js';
import { quote } from '../../core/config/parse-input.js';
import { BadInputError } from '../../core/errors.js';
import type { AddressedTo } from './http-contract.js';

/**
 * The locale of a sample in contracts that have a label and no locale: the label where the address says so, else the
 * address's. A label that then is no text is a BadInputError.
 */
export function localeOf(
  label: { readonly place: string; readonly value: unknown },
  { locale, labelsAreLocales }: AddressedTo,
  source: string,
): { readonly locale?: Locale } {
  if (!labelsAreLocales) return locale === undefined ? {} : { locale };
  const { place, value } = label;
  if (typeof value === 'string' && value !== '') return { locale: value };
  const allowed = 'a locale such as "ar-EG", since the address says label=locale';
  throw new BadInputError({ source, place, found: quote(value), allowed });
}
