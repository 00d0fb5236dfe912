/** A figure for a table: four significant digits, or a dash where there is none. */
export function formatMetric(value: number | undefined): string {
  if (value === undefined) return '-';
  return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
}
