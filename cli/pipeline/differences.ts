/** One value that is not the same on both sides; absent where a side has none. */
export interface Difference {
  /** Where it stands, such as `algorithm.kl.target`. */
  readonly place: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The leaves of two plain values that differ, by place in alphabetical order. Lists are compared entry by entry. */
export function differences(before: unknown, after: unknown): Difference[] {
  const left = leaves(before);
  const right = leaves(after);
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .map((place) => ({ place, before: left.get(place), after: right.get(place) }))
    .filter((found) => found.before !== found.after);
}

function leaves(value: unknown, place = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[place, JSON.stringify(value) ?? '']]);
  const within = (key: string): string => (place === '' ? key : `${place}.${key}`);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, within(key))]));
}
