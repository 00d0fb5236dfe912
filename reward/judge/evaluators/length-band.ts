import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';

/**
 * An answer that says something and stops: 1 between `minimum` and `maximum` words, falling in proportion below
 * and above. The band is wide on purpose, so that length itself is not what is paid for.
 */
export const lengthBand = defineEvaluator({
  name: 'length-band',
  parameters: z
    .strictObject({ minimum: z.int().min(1), maximum: z.int().min(1) })
    .refine((band) => band.minimum <= band.maximum, 'a minimum that is not above the maximum'),
  prepare:
    ({ minimum, maximum }) =>
    ({ words }) =>
      Math.min(1, words.length / minimum, maximum / Math.max(1, words.length)),
});
