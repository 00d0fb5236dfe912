import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { localesFolderBy } from '../../core/config/known-locales.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { isWithin } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import type { Canary } from '../../coordinator/watch/canary-figures.js';

const FOLDER = 'canaries';
const SHIPPED_CANARIES = join(packageRoot, 'reward', FOLDER);
const ANY_LOCALE = 'und';

/** Blank texts are canaries too. */
const canaryFileSchema = z.strictObject({ locale: z.string().min(2), canaries: z.array(z.string()).min(1) });

/**
 * The canaries of a run file's locale: those for every locale, and those of the files for it and for what it lies under,
 * as `ar` for `ar-EG`. Files are the shipped ones, then those in a folder `canaries` beside the run's own `locales`.
 */
export async function loadCanaries(locale: Locale, runFile: string): Promise<string[]> {
  const locales = localesFolderBy(runFile);
  const own = locales === undefined ? undefined : join(dirname(locales), FOLDER);
  const folders = [SHIPPED_CANARIES, ...(own !== undefined && existsSync(own) ? [own] : [])];
  const files = (await Promise.all(folders.map(readFolder))).flat();
  const serves = (tag: string): boolean => tag === ANY_LOCALE || isWithin(locale, tag);
  const texts = files.filter((file) => serves(file.locale)).flatMap(({ canaries }) => canaries);
  return [...new Set(texts)];
}

/** In order of file name. */
async function readFolder(folder: string): Promise<z.infer<typeof canaryFileSchema>[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map((name) => readYaml(join(folder, name), canaryFileSchema)));
}

/** Canaries as the policy would have sampled them: ended by the end token, and cut where the policy's answers are. */
export function tokenizeCanaries(
  texts: readonly string[],
  tokenizer: ChatTokenizer,
  maxNewTokens: number,
): Canary[] {
  return texts.map((text) => {
    const tokenIds = tokenizer.renderAnswer(text).slice(0, maxNewTokens);
    return { text: tokenizer.decodeAnswer(tokenIds).text, tokenIds };
  });
}
