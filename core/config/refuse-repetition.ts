import { BadInputError } from '../errors.js';
import type { DataRow } from './data-row.js';
import { quote } from './parse-input.js';

/** Looks at rows in their order, and refuses one whose key an earlier row has, with both places. */
export function refuseRepetition<T>(
  source: string,
  keyOf: (row: T) => string | number,
): (row: Pick<DataRow<T>, 'row' | 'place'>) => void {
  const placeOf = new Map<string | number, string>();
  return ({ row, place }) => {
    const key = keyOf(row);
    const earlier = placeOf.get(key);
    if (earlier !== undefined) {
      throw new BadInputError({
        source,
        place,
        found: `${quote(key)} again, after ${earlier}`,
        allowed: 'unique ids',
      });
    }
    placeOf.set(key, place);
  };
}
