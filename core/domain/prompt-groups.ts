import type { Prompt } from './prompt.js';

/** One way in which a prompt is like some others: the group that it is of, among those that it could be of instead. */
interface Membership {
  /** What is told apart: the languages, the tags of one language, the categories of a locale. */
  readonly among: string;
  readonly value: string;
  /** As metrics name it; absent where that is a group's name already. */
  readonly group?: string;
  /** What has to be told apart too: a region's categories are only where its language has another region. */
  readonly within?: string;
}

/** By language, by whole tag within it (`ar-EG` under `ar`), and by category within either. */
function membershipsOf({ locale, category }: Prompt): readonly Membership[] {
  const [language] = locale.toLowerCase().split('-');
  const regions = `${language}-`;
  const isBare = locale.toLowerCase() === language;
  const categoryOf = (tag: string): Membership[] =>
    category === undefined ? [] : [{ among: `${tag}/`, value: category, group: `${tag}/${category}` }];
  return [
    { among: 'languages', value: language, group: language },
    { among: regions, value: locale, ...(isBare ? {} : { group: locale }) },
    ...categoryOf(language),
    ...(isBare ? [] : categoryOf(locale).map((membership) => ({ ...membership, within: regions }))),
  ];
}

/**
 * Splits rows by the groups of their prompts, in order of name: `ar`, `ar-EG`, `ar/food`, `ar-EG/food`. Only what there is
 * to compare is told apart: languages where there are two, regions where the tags of a language differ, categories where a
 * locale has two.
 */
export function byGroup<Row extends { readonly prompt: Prompt }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const values = new Map<string, Set<string>>();
  for (const { prompt } of rows) {
    for (const { among, value } of membershipsOf(prompt)) {
      values.set(among, (values.get(among) ?? new Set()).add(value));
    }
  }
  const isTold = (among: string): boolean => (values.get(among)?.size ?? 0) > 1;
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    for (const { among, group, within } of membershipsOf(row.prompt)) {
      if (group === undefined || !isTold(among) || (within !== undefined && !isTold(within))) continue;
      const known = groups.get(group);
      if (known === undefined) groups.set(group, [row]);
      else known.push(row);
    }
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}
