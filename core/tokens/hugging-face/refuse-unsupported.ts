import { join } from 'node:path';
import { z } from 'zod';
import { parseInput } from '../../config/parse-input.js';
import { BadInputError } from '../../errors.js';
import { modelFiles } from '../../network/model-directory/model-files.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** A step of a normalizer or a pre-tokenizer, or several of them. */
interface Step {
  readonly type: string;
  readonly behavior?: string | undefined;
  readonly pattern?: { readonly String?: string | undefined } | undefined;
  readonly normalizers?: readonly Step[] | undefined;
  readonly pretokenizers?: readonly Step[] | undefined;
}

const stepSchema: z.ZodType<Step> = z.looseObject({
  type: z.string(),
  behavior: z.string().optional(),

  pattern: z.looseObject({ String: z.string().optional() }).optional(),
  normalizers: z.lazy(() => z.array(stepSchema)).optional(),
  pretokenizers: z.lazy(() => z.array(stepSchema)).optional(),
});

const partsSchema = z.looseObject({
  normalizer: stepSchema.nullish(),
  pre_tokenizer: stepSchema.nullish(),
  // Old files leave the type out.
  model: z.looseObject({
    type: z.enum(['BPE', 'Unigram', 'WordPiece']).optional(),
    dropout: z.number().nullish(),
  }),
});

const KNOWN_SPLITS = new Set(['removed', 'isolated']);

/**
 * Refuses what the library reads without a word and then computes otherwise than Transformers: a model of another kind, a split that joins its
 * matches to their neighbours, and merges that are dropped at random. A split at a text that the normalizer has already
 * replaced never happens, as in Gemma's tokenizer, and is let pass.
 */
export function refuseUnsupported({ tokenizer, directory }: TokenizerFiles): void {
  const source = join(directory, modelFiles.tokenizer);
  const { normalizer, pre_tokenizer, model } = parseInput(partsSchema, tokenizer, { source });
  if (model.dropout != null && model.dropout > 0) {
    throw new BadInputError({
      source,
      place: 'model.dropout',
      found: String(model.dropout),
      allowed: 'null: the same text has to give the same ids',
    });
  }
  const replaced = new Set(
    steps(normalizer).flatMap((step) => (step.type === 'Replace' ? textOf(step) : [])),
  );
  for (const step of steps(pre_tokenizer)) {
    const { type, behavior } = step;
    if (type !== 'Split' || behavior === undefined || KNOWN_SPLITS.has(behavior.toLowerCase())) continue;
    if (textOf(step).some((text) => replaced.has(text))) continue;
    const allowed = 'Removed, Isolated, or a split at text that the normalizer replaces';
    throw new BadInputError({ source, place: 'pre_tokenizer', found: `Split with ${behavior}`, allowed });
  }
}

function textOf({ pattern }: Step): string[] {
  return pattern?.String === undefined ? [] : [pattern.String];
}

function steps(step: Step | null | undefined): readonly Step[] {
  if (step == null) return [];
  return [step, ...[...(step.normalizers ?? []), ...(step.pretokenizers ?? [])].flatMap(steps)];
}
