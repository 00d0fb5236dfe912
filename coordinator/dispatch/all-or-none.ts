/**
 * Does the works side by side. Where one fails the others are told by their signal, which fires with the given one too; when
 * all have ended, the first failure is thrown.
 */
export async function allOrNone(
  signal: AbortSignal,
  works: readonly ((until: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failing = new AbortController();
  const until = AbortSignal.any([signal, failing.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    works.map((work) =>
      work(until).catch((thrown: unknown) => {
        failures.push(thrown);
        failing.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
