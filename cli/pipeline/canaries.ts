import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readYaml } from '../../core/config/read-yaml.js';
import type { Locale } from '../../core/domain/prompt.js';
import { renderAnswer } from '../../core/network/tokenizer/render-prompt.js';
import type { Tokenizer } from '../../core/network/tokenizer/tokenizer.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import type { Canary } from '../../coordinator/watch/canary-figures.js';

const SHIPPED_CANARIES = join(packageRoot, 'reward', 'canaries');
const ANY_LOCALE = 'und';

/** Blank texts are canaries too. */
const canaryFileSchema = z.strictObject({ locale: z.string().min(2), canaries: z.array(z.string()).min(1) });

/**
 * The canaries of a locale: those for every locale, and those of the files for it and for what it lies under, as `ar` for
 * `ar-EG`. In order of file and line.
 */
export async function loadCanaries(locale: Locale): Promise<string[]> {
  const names = (await readdir(SHIPPED_CANARIES)).filter((name) => name.endsWith('.yaml')).sort();
  const files = await Promise.all(
    names.map((name) => readYaml(join(SHIPPED_CANARIES, name), canaryFileSchema)),
  );
  const serves = (tag: string): boolean =>
    tag === ANY_LOCALE || `${locale.toLowerCase()}-`.startsWith(`${tag.toLowerCase()}-`);
  return files.filter((file) => serves(file.locale)).flatMap(({ canaries }) => canaries);
}

/** Canaries as the policy would have sampled them: ended by the end token, and cut where the policy's answers are. */
export function tokenizeCanaries(
  texts: readonly string[],
  tokenizer: Tokenizer,
  maxNewTokens: number,
): Canary[] {
  return texts.map((text) => {
    const tokenIds = renderAnswer(tokenizer, text).slice(0, maxNewTokens);
    return { text: tokenizer.decodeAnswer(tokenIds).text, tokenIds };
  });
}
