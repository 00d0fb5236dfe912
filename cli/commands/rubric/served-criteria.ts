import { parseDocument } from 'yaml';
import { z } from 'zod';
import { parseInput } from '../../../core/config/parse-input.js';
import type { LocaleProfile } from '../../../core/domain/locale.js';
import { BadInputError } from '../../../core/errors.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';

const scaffoldSchema = z.looseObject({
  criteria: z.array(
    z.looseObject({
      key: z.string(),
      evaluator: z.string(),
      parameters: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});

/**
 * A scaffolded rubric without the criteria that a profile cannot serve (a register where it tells none apart, function words
 * where it lists none), and their keys, so that the draft loads and nobody wonders where they went.
 */
export function servedCriteria(
  text: string,
  locale: { readonly tag: string; readonly profile: LocaleProfile },
): { readonly text: string; readonly leftOut: readonly string[] } {
  const document = parseDocument(text);
  const { criteria } = parseInput(scaffoldSchema, document.toJS(), { source: 'scaffold' });
  const unserved = criteria.flatMap(({ evaluator, parameters }, index) => {
    const where = { source: 'scaffold', place: `criteria[${index}]` };
    return isServed(() => evaluators.get(evaluator)?.prepare(parameters, locale, where)) ? [] : [index];
  });
  for (const index of [...unserved].reverse()) document.deleteIn(['criteria', index]);
  return { text: document.toString({ lineWidth: 0 }), leftOut: unserved.map((index) => criteria[index].key) };
}

function isServed(prepare: () => unknown): boolean {
  try {
    prepare();
    return true;
  } catch (thrown) {
    if (thrown instanceof BadInputError) return false;
    throw thrown;
  }
}
