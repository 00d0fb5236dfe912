import { MajlisError } from '../errors.js';

/** Refuses parallel arrays of different lengths; the keys name them in the message. */
export function requireSameLength(arrays: Readonly<Record<string, { readonly length: number }>>): void {
  const lengths = Object.entries(arrays).map(([name, array]) => `${name} ${array.length}`);
  const distinct = new Set(Object.values(arrays).map((array) => array.length));
  if (distinct.size > 1) throw invalid(`Parallel arrays differ in length: ${lengths.join(', ')}.`);
}

/** Refuses a number outside [low, high]; NaN is outside every interval. */
export function requireWithin(name: string, value: number, low: number, high: number): void {
  if (!(value >= low && value <= high)) {
    throw invalid(`${name} is ${value}; it must lie between ${low} and ${high}.`);
  }
}

/** Refuses zero, negative numbers, infinities and NaN. */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw invalid(`${name} is ${value}; it must be a positive finite number.`);
  }
}

/** Refuses infinities and NaN. */
export function requireFinite(name: string, value: number): void {
  if (!Number.isFinite(value)) throw invalid(`${name} is ${value}; it must be a finite number.`);
}

/** The error of an argument that a formula does not allow. */
export function invalid(message: string): MajlisError {
  return new MajlisError(message, { code: 'invalid_argument' });
}
