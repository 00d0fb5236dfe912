/** Whether a version such as 1.10.0 is higher than another such as 1.9.2: number by number (semver.org, item 11). */
export function isHigherVersion(version: string, other: string): boolean {
  return compareVersions(version, other) > 0;
}

/** Below 0 where the first is lower, 0 where they are the same, above 0 where it is higher. */
export function compareVersions(version: string, other: string): number {
  const [one, two] = [version, other].map((text) => text.split('.').map(Number));
  const at = one.findIndex((part, index) => part !== two[index]);
  return at < 0 ? 0 : one[at] - two[at];
}
