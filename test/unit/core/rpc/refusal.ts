import { BadInputError } from '../../../../core/errors.js';

/** The BadInputError that the act throws; a test fails where it throws none, or another one. */
export function refusal(act: () => unknown): BadInputError {
  try {
    act();
  } catch (error) {
    if (error instanceof BadInputError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
