import { rm, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { systemCode } from '../../../core/runtime/storage-error.js';
import { quote } from '../../../core/config/parse-input.js';
import { profileFor, type LocaleProfile } from '../../../core/domain/locale.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { localesFor } from '../../../core/config/known-locales.js';
import { isRubricId } from '../../pipeline/rubric-file.js';
import { cldrFacts } from '../locale/cldr-facts.js';
import { scaffoldRubric } from '../locale/scaffold-rubric.js';
import type { CommandResult } from '../session.js';
import { findRubric, rubricPath } from './find-rubric.js';
import { extensionSkeleton } from './extension-skeleton.js';
import { servedCriteria } from './served-criteria.js';

export interface NewRubricRequest {
  readonly id: string;
  readonly locale: string;
  /** A rubric that the new one stands on: an id or a file. */
  readonly base?: string;
  /** The file to write; `<id>.yaml` in this folder unless told. */
  readonly out?: string;
}

const ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/** Writes a draft that loads. A file that is there already stays. */
export async function newRubric(request: NewRubricRequest): Promise<CommandResult> {
  const { id, locale, base } = request;
  if (!ID.test(id)) {
    throw new BadInputError({
      ...{ source: 'command line', place: 'ID', found: quote(id) },
      allowed: 'lower-case words joined by hyphens',
    });
  }
  const file = request.out ?? `${id}.yaml`;
  const profile = await requireProfile(locale, file);
  const { text, leftOut } =
    base === undefined
      ? servedCriteria(scaffoldRubric(cldrFacts(locale), registerOf(profile), id), { tag: locale, profile })
      : { text: extensionSkeleton(id, locale, await baseName(base, file)), leftOut: [] };
  await writeNew(file, text);
  try {
    const { hash } = await findRubric(resolve(file));
    return { json: { file, id, locale, hash, leftOut }, text: writtenText(file, locale, leftOut) };
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
}

/** The first that the profile tells apart. */
function registerOf({ registers }: LocaleProfile): string {
  return Object.keys(registers).at(0) ?? '';
}

function writtenText(file: string, locale: string, leftOut: readonly string[]): string {
  return [
    `wrote ${file}: a draft`,
    ...(leftOut.length === 0
      ? []
      : [`left out, since the profile of ${locale} cannot serve it: ${leftOut.join(', ')}`]),
    `next: edit it, majlis rubric lint ${file}, majlis rubric test ${file}`,
  ].join('\n');
}

async function requireProfile(locale: string, file: string): Promise<LocaleProfile> {
  const profiles = await localesFor(file);
  const profile = profileFor(locale, profiles);
  if (profile !== undefined) return profile;
  throw new BadInputError({
    ...{ source: 'command line', place: '--locale', found: quote(locale) },
    allowed: `a locale with a profile: ${profiles.map((known) => known.locale).join(', ')}`,
  });
}

/** How the new file names its base: a shipped one by id, another by its path from there. A base that does not load is refused. */
async function baseName(base: string, file: string): Promise<string> {
  await findRubric(base);
  if (isRubricId(base)) return base;
  const path = relative(resolve(file, '..'), resolve(rubricPath(base)));
  return isRubricId(path) ? `./${path}` : path;
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx' });
  } catch (thrown) {
    const isThere = systemCode(thrown) === 'EEXIST';
    const sentence = isThere
      ? `${file} is there already; --out names another file`
      : `${file} cannot be written (${systemCode(thrown) ?? 'for no known reason'})`;
    throw new MajlisError(sentence, {
      code: isThere ? 'already_exists' : 'failed_precondition',
      cause: thrown,
    });
  }
}
