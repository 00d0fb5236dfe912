import type { Prompt } from './prompt.js';

/**
 * The groups that a prompt is of, as metrics name them: its locale, and its category within it. What is not told apart
 * has no name.
 */
export function groupsOf({ locale, category }: Prompt): readonly string[] {
  return category === undefined ? [locale] : [locale, `${locale}/${category}`];
}

/**
 * Splits rows by the groups of their prompts. Only what there is to compare is told apart: locales where there are two,
 * categories where a locale has two.
 */
export function byGroup<Row extends { readonly prompt: Prompt }>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    for (const group of groupsOf(row.prompt)) groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const siblings = (group: string): number =>
    new Set(
      rows.flatMap(({ prompt }) => {
        const [locale, category] = groupsOf(prompt);
        if (!group.includes('/')) return [locale];
        return category === undefined || !group.startsWith(`${locale}/`) ? [] : [category];
      }),
    ).size;
  return new Map([...groups].filter(([group]) => siblings(group) > 1).sort(([a], [b]) => (a < b ? -1 : 1)));
}
