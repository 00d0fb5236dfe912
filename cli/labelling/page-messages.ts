import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import type { Locale } from '../../core/domain/prompt.js';
import { packageRoot } from '../../core/runtime/package-root.js';

const sentence = z.string().min(1);

/** Every sentence of the page. `{…}` are filled in by it. */
const messagesSchema = z.strictObject({
  title: sentence,
  yourName: sentence,
  nameHint: sentence,
  begin: sentence,
  changeName: sentence,
  question: sentence,
  answerOne: sentence,
  answerTwo: sentence,
  chooseOne: sentence,
  chooseTwo: sentence,
  chooseNeither: sentence,
  undo: sentence,
  emptyAnswer: sentence,
  rubric: sentence,
  keys: sentence,
  progress: sentence,
  saved: sentence,
  takenBack: sentence,
  notSaved: sentence,
  behind: sentence,
  gone: sentence,
  finished: sentence,
  finishedHint: sentence,
  agreement: sentence,
  annotator: sentence,
  pairs: sentence,
  consistency: sentence,
  twoAnnotators: sentence,
  raw: sentence,
  kappa: sentence,
  alpha: sentence,
  noAgreement: sentence,
  undefinedFigure: sentence,
});

export type PageMessages = z.infer<typeof messagesSchema>;

/** The page's sentences, and the language that they are in. */
export interface PageLanguage {
  readonly language: Locale;
  readonly messages: PageMessages;
}

const FOLDER = join(packageRoot, 'cli', 'labelling', 'page', 'messages');
const FALLBACK = 'en';

/** The page's sentences in a locale's language, or in English where `page/messages` has no file for it. */
export async function pageMessages(locale: Locale): Promise<PageLanguage> {
  const { language: wanted } = new Intl.Locale(locale);
  const language = existsSync(join(FOLDER, `${wanted}.json`)) ? wanted : FALLBACK;
  const path = join(FOLDER, `${language}.json`);
  return { language, messages: parseJson(await readFile(path, 'utf8'), messagesSchema, { source: path }) };
}
