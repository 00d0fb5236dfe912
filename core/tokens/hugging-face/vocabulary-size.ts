import { join } from 'node:path';
import { BadInputError } from '../../errors.js';
import { modelFiles } from '../../network/model-directory/model-files.js';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Ids that may be rendered: those that both tokenizer and model have. */
export function usableVocabSize(files: TokenizerFiles): number {
  const ordinary = largestOrdinaryId(files);
  const added = files.tokenizer.added_tokens.map(({ id }) => id);
  const size = added.reduce((largest, id) => Math.max(largest, id), ordinary) + 1;
  return Math.min(size, files.modelVocabSize ?? size);
}

/**
 * Refuses a tokenizer whose ordinary tokens the model has no embedding for. Added tokens may lie beyond it, as in models
 * whose tokenizer also serves their siblings; text that would need one is refused when it is tokenized.
 */
export function refuseForeignIds(files: TokenizerFiles): void {
  const { modelVocabSize, directory } = files;
  const largest = largestOrdinaryId(files);
  if (modelVocabSize === undefined || largest < modelVocabSize) return;
  throw new BadInputError({
    source: join(directory, modelFiles.tokenizer),
    found: `token ids up to ${String(largest)}`,
    allowed: `ids 0 to ${String(modelVocabSize - 1)}, as ${modelFiles.config} has vocab_size ${String(modelVocabSize)}`,
  });
}

function largestOrdinaryId({ tokenizer }: TokenizerFiles): number {
  const { vocab } = tokenizer.model;
  if (Array.isArray(vocab)) return vocab.length - 1;
  const added = new Set(tokenizer.added_tokens.map(({ id }) => id));
  return Object.values(vocab).reduce((largest, id) => (added.has(id) ? largest : Math.max(largest, id)), -1);
}
