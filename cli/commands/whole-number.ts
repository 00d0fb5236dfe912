import { BadInputError } from '../../core/errors.js';

/** A parser of a flag's whole number within bounds, both allowed. */
export function wholeNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const found = JSON.stringify(text);
    throw new BadInputError({ source: flag, found, allowed: `a whole number from ${least} to ${most}` });
  };
}
