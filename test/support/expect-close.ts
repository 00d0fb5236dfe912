/** Fails where a number differs from the expected one by more than tolerance · (1 + |expected|), and says which. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void {
  expect(actual.length).toBe(expected.length);
  const wrong = Array.from(expected, (wanted, at) => ({ at, wanted, found: actual[at] })).filter(
    ({ wanted, found }) => !(Math.abs(found - wanted) <= tolerance * (1 + Math.abs(wanted))),
  );
  expect(wrong).toEqual([]);
}
