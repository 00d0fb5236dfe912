import { servingLocale } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import { MajlisError } from '../../core/errors.js';
import type { ScoreItem } from '../../core/scorer/scorer.js';

/** Some items of a request, and the places that they had in it. */
export interface RoutedItems {
  readonly items: readonly ScoreItem[];
  /** [item] */
  readonly places: readonly number[];
}

/** Parts items by the locale that serves their prompts; an item that none serves is `failed_precondition`. */
export function routeByLocale(
  items: readonly ScoreItem[],
  locales: readonly Locale[],
): ReadonlyMap<Locale, RoutedItems> {
  const routed = new Map<Locale, { items: ScoreItem[]; places: number[] }>();
  for (const [place, item] of items.entries()) {
    const locale = servingLocale(item.prompt.locale, locales);
    if (locale === undefined) {
      const { id, locale: tag } = item.prompt;
      const message = `Prompt ${id} is in ${tag}, which no rubric in force serves: they are for ${locales.join(', ')}.`;
      throw new MajlisError(message, { code: 'failed_precondition' });
    }
    const known = routed.get(locale) ?? { items: [], places: [] };
    known.items.push(item);
    known.places.push(place);
    routed.set(locale, known);
  }
  return routed;
}
