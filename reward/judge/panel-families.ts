import { BadInputError } from '../../core/errors.js';
import type { Judge } from './judge.js';

/** Judges by family. One that names no family has no kin and is a family of its own. */
export function familiesOf(judges: readonly Judge[]): ReadonlyMap<string, readonly Judge[]> {
  const families = new Map<string, Judge[]>();
  for (const judge of judges) {
    const family = judge.family ?? `judge ${judge.id}`;
    families.set(family, [...(families.get(family) ?? []), judge]);
  }
  return families;
}

/**
 * Refuses a panel in which two judges share an id, since their votes would be one, or with too few families: judges
 * that were trained alike err alike, and their agreement proves nothing.
 */
export function checkPanel(judges: readonly Judge[], leastFamilies = 1): void {
  const ids = judges.map(({ id }) => id);
  const again = ids.find((id, at) => ids.indexOf(id) < at);
  if (again !== undefined) {
    const found = `two judges called ${JSON.stringify(again)}`;
    throw new BadInputError({ source: 'judge panel', found, allowed: 'an id for each judge' });
  }
  const families = [...familiesOf(judges).keys()];
  if (families.length < leastFamilies) {
    const found = `${families.length} (${families.join(', ')})`;
    const allowed = `judges of at least ${leastFamilies} families`;
    throw new BadInputError({ source: 'judge panel', place: 'families', found, allowed });
  }
}
