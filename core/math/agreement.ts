/** What one unit was labelled as: its category. */
export type Category = string | number;

/**
 * Cohen's κ of two raters (Cohen 1960, "A coefficient of agreement for nominal scales"): (po − pe) / (1 − pe), where po is
 * the share of units on which they agree and pe the share on which their marginals would by chance.
 *
 * `table` is [category of the first rater][category of the second], counts. Undefined where there is no unit, and where
 * chance alone makes them agree always (one category was all that both used): there κ is 0/0.
 */
export function cohenKappa(table: readonly (readonly number[])[]): number | undefined {
  const rows = table.map((row) => sum(row));
  const columns = table.map((_, column) => sum(table.map((row) => row[column] ?? 0)));
  const total = sum(rows);
  const observed = sum(table.map((row, category) => row[category] ?? 0)) / total;
  const expected = sum(rows.map((count, category) => count * columns[category])) / total ** 2;
  return total === 0 || expected === 1 ? undefined : (observed - expected) / (1 - expected);
}

/**
 * Krippendorff's α for nominal data with any number of raters and missing labels (Krippendorff 2011, "Computing
 * Krippendorff's alpha-reliability"): 1 − Do / De over the coincidences of values within units. `units` is [unit][label];
 * units with one label pair with nothing and do not count.
 *
 * Undefined where no unit has two labels, and where all labels are of one category: there is nothing to disagree about.
 */
export function krippendorffAlpha(units: readonly (readonly Category[])[]): number | undefined {
  const pairable = units.filter((labels) => labels.length > 1);
  const totals = countsOf(pairable.flat());
  const n = sum([...totals.values()]);
  const observed = sum(pairable.map((labels) => unlikePairs(countsOf(labels)) / (labels.length - 1))) / n;
  const expected = unlikePairs(totals) / (n * (n - 1));
  return n === 0 || expected === 0 ? undefined : 1 - observed / expected;
}

/** Ordered pairs of labels that differ, given how often each category occurs. */
function unlikePairs(counts: ReadonlyMap<Category, number>): number {
  const total = sum([...counts.values()]);
  return sum([...counts.values()].map((count) => count * (total - count)));
}

function countsOf(labels: readonly Category[]): Map<Category, number> {
  const counts = new Map<Category, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
