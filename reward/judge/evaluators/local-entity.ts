import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';

/**
 * Local colour: the share of local names among the names mentioned. One local name earns all there is to earn, so
 * that more of them buy nothing; `none` is the score of an answer that names nothing.
 */
export const localEntity = defineEvaluator({
  name: 'local-entity',
  parameters: z.strictObject({ none: z.number().min(0).max(1).default(0.35) }),
  prepare:
    ({ none }) =>
    ({ mentions }) => {
      if (mentions.length === 0) return none;
      const local = mentions.filter((mention) => mention.entry.origin === 'local').length;
      return local / mentions.length;
    },
});
