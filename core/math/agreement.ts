/** What one unit was labelled as: its category. */
export type Category = string | number;

/** How much of a disagreement between categories at places i and j of a scale counts. */
export type KappaWeights = 'nominal' | 'linear' | 'quadratic';

/**
 * Cohen's κ of two raters (Cohen 1960, "A coefficient of agreement for nominal scales"): (po − pe) / (1 − pe), where po is
 * the share of units on which they agree and pe the share on which their marginals would by chance. With linear or
 * quadratic weights categories are a scale, and near ones agree in part (Cohen 1968).
 *
 * `table` is [category of the first rater][category of the second], counts. Undefined where there is no unit, and where
 * chance alone makes them agree always (one category was all that both used): there κ is 0/0.
 */
export function cohenKappa(
  table: readonly (readonly number[])[],
  weights: KappaWeights = 'nominal',
): number | undefined {
  const { shares, rows, columns, total } = sharesOf(table);
  const observed = agreementOf(shares, weights);
  const expected = agreementOf(
    rows.map((row) => columns.map((column) => row * column)),
    weights,
  );
  return total === 0 || expected === 1 ? undefined : (observed - expected) / (1 - expected);
}

/**
 * The large-sample standard error of Cohen's unweighted κ (Fleiss, Cohen & Everitt 1969, Psychol. Bull. 72:323). Undefined
 * where κ is.
 */
export function cohenKappaError(table: readonly (readonly number[])[]): number | undefined {
  const kappa = cohenKappa(table);
  if (kappa === undefined) return undefined;
  const { shares, rows, columns, total } = sharesOf(table);
  const expected = sum(rows.map((row, category) => row * columns[category]));
  const rest = 1 - kappa;
  const parts = shares.flatMap((row, i) =>
    row.map((share, j) =>
      i === j
        ? share * (1 - (rows[i] + columns[i]) * rest) ** 2
        : share * rest ** 2 * (columns[i] + rows[j]) ** 2,
    ),
  );
  const variance = sum(parts) - (kappa - expected * rest) ** 2;
  return Math.sqrt(Math.max(0, variance) / total) / (1 - expected);
}

/**
 * Fleiss's κ of a fixed number of raters who need not be the same ones (Fleiss 1971, Psychol. Bull. 76:378).
 *
 * `counts` is [unit][category]: how many raters chose it. Units with less than two raters do not count; units may differ in
 * their number of raters, each weighing by its ratings. Undefined where nothing is left, or all is one category.
 */
export function fleissKappa(counts: readonly (readonly number[])[]): number | undefined {
  const rated = counts.filter((unit) => sum(unit) > 1);
  const total = sum(rated.map(sum));
  const observed =
    sum(rated.map((unit) => sum(unit.map((count) => count * (count - 1))) / (sum(unit) - 1))) / total;
  const categories = rated.reduce((most, unit) => Math.max(most, unit.length), 0);
  const shares = Array.from(
    { length: categories },
    (_, category) => sum(rated.map((unit) => unit[category] ?? 0)) / total,
  );
  const expected = sum(shares.map((share) => share * share));
  return total === 0 || expected === 1 ? undefined : (observed - expected) / (1 - expected);
}

interface Shares {
  readonly shares: readonly (readonly number[])[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly total: number;
}

function sharesOf(table: readonly (readonly number[])[]): Shares {
  const total = sum(table.map(sum));
  const shares = table.map((row) => table.map((_, column) => (row[column] ?? 0) / total));
  const columns = table.map((_, column) => sum(shares.map((row) => row[column])));
  return { shares, rows: shares.map(sum), columns, total };
}

function agreementOf(shares: readonly (readonly number[])[], weights: KappaWeights): number {
  const last = Math.max(1, shares.length - 1);
  const power = weights === 'quadratic' ? 2 : 1;
  return sum(
    shares.flatMap((row, i) =>
      row.map((share, j) => {
        if (weights === 'nominal') return i === j ? share : 0;
        return share * (1 - (Math.abs(i - j) / last) ** power);
      }),
    ),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
