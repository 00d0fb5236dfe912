import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';

/**
 * Language fidelity by script: the share of letters in the locale's script, saturating at `minimum`, so that a
 * foreign brand name in Latin letters costs nothing. An answer without letters scores 0.
 */
export const scriptShare = defineEvaluator({
  name: 'script-share',
  parameters: z.strictObject({ minimum: z.number().gt(0).max(1).default(0.9) }),
  prepare: ({ minimum }, { profile }) => {
    const inScript = new RegExp(`\\p{Script=${profile.script}}`, 'gu');
    return ({ text }) => {
      const letters = text.match(/\p{L}/gu) ?? [];
      if (letters.length === 0) return 0;
      const share = (letters.join('').match(inScript)?.length ?? 0) / letters.length;
      return Math.min(1, share / minimum);
    };
  },
});
