import { z } from 'zod';
import { BadInputError } from '../../../core/errors.js';
import { defineEvaluator } from '../evaluator.js';

/**
 * Numbers in digits that are at home: the share of decimal digits that belong to the profile's numbering systems, as
 * Unicode CLDR writes them. An answer without digits scores 1.
 */
export const localDigits = defineEvaluator({
  name: 'local-digits',
  parameters: z.strictObject({}),
  prepare: (_parameters, { profile }, where) => {
    const { digits = [] } = profile;
    if (digits.length === 0) {
      throw new BadInputError({
        ...where,
        found: `no digits in the profile of locale ${profile.locale}`,
        allowed: 'local-digits under a profile that lists digits',
      });
    }
    const own = new Set(digits.flatMap(digitsOf));
    return ({ text }) => {
      const written = text.match(/\p{Nd}/gu) ?? [];
      if (written.length === 0) return 1;
      return written.filter((digit) => own.has(digit)).length / written.length;
    };
  },
});

/** The ten digits of a numbering system. */
function digitsOf(numberingSystem: string): string[] {
  const format = new Intl.NumberFormat(`en-u-nu-${numberingSystem}`, { useGrouping: false });
  return Array.from({ length: 10 }, (_, digit) => format.format(digit));
}
