import { BadInputError } from '../../core/errors.js';

/** A parser of a flag's number within bounds, both allowed. */
export function decimalNumber(flag: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= least && value <= most) return value;
    const found = JSON.stringify(text);
    throw new BadInputError({ source: flag, found, allowed: `a number from ${least} to ${most}` });
  };
}
