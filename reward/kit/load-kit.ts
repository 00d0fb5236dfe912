import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { quote } from '../../core/config/parse-input.js';
import { readJsonLines } from '../../core/config/read-json-lines.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { profileFor, type LocaleProfile } from '../../core/domain/locale.js';
import { BadInputError } from '../../core/errors.js';
import { contentHash } from '../../core/runtime/content-hash.js';
import type { CultureKit, KitProbes } from './culture-kit.js';
import type { KitManifest, RegisterSeries, SwapItem } from './kit-schema.js';
import {
  groupFrameSchema,
  languageSeriesSchema,
  lengthSchema,
  manifestSchema,
  nameFrameSchema,
  pairSchema,
  registerSeriesSchema,
  stuffingSchema,
  swapSchema,
  translationSchema,
  yesNoSchema,
} from './kit-schema.js';

/** The file that makes a folder a kit. */
export const MANIFEST = 'kit.yaml';

/**
 * Reads a kit's folder. Only `kit.yaml` and `pairs.jsonl`, which gives all other figures their unit, have to be there; a
 * test whose file is missing is not measured. A bad line is named by file and number; a locale that no profile serves
 * is refused.
 */
export async function loadKit(folder: string, profiles: readonly LocaleProfile[]): Promise<CultureKit> {
  const path = join(folder, MANIFEST);
  const manifest = await readYaml(path, manifestSchema);
  const names = namesOf(manifest, profiles, path);
  const probes: KitProbes = {
    pairs: await required(folder, 'pairs', pairSchema),
    swap: await optional(folder, 'swap', swapSchema),
    registers: await optional(folder, 'registers', registerSeriesSchema),
    languages: await optional(folder, 'languages', languageSeriesSchema),
    names: await optional(folder, 'names', nameFrameSchema),
    stuffing: await optional(folder, 'stuffing', stuffingSchema),
    length: await optional(folder, 'length', lengthSchema),
    'yes-no': await optional(folder, 'yes-no', yesNoSchema),
    translations: await optional(folder, 'translations', translationSchema),
    groups: await optional(folder, 'groups', groupFrameSchema),
  };
  requireRegisters(manifest, probes, folder);
  const content = { manifest, probes, names };
  return { ...content, hash: contentHash(content) };
}

interface Identified {
  readonly id: string;
}

async function required<T extends Identified>(
  folder: string,
  name: keyof KitProbes,
  schema: z.ZodType<T>,
): Promise<T[]> {
  return readJsonLines(probeFile(folder, name), schema, { uniqueBy: (item) => item.id });
}

async function optional<T extends Identified>(
  folder: string,
  name: keyof KitProbes,
  schema: z.ZodType<T>,
): Promise<T[]> {
  return existsSync(probeFile(folder, name)) ? required(folder, name, schema) : [];
}

function probeFile(folder: string, name: keyof KitProbes): string {
  return join(folder, `${name}.jsonl`);
}

function namesOf(
  { locale }: KitManifest,
  profiles: readonly LocaleProfile[],
  source: string,
): CultureKit['names'] {
  const profile = profileFor(locale, profiles);
  if (profile === undefined) {
    throw new BadInputError({
      source,
      place: 'locale',
      found: quote(locale),
      allowed: `a locale with a profile: ${profiles.map((known) => known.locale).join(', ')}`,
    });
  }
  return profile.gazetteer.filter(({ kind }) => kind === 'person' || kind === 'place');
}

/** Every text that is said in registers is said in all that the kit names, and in no other. */
function requireRegisters(
  { registers }: KitManifest,
  { swap, registers: series }: KitProbes,
  folder: string,
): void {
  const known = registers.map(({ name }) => name);
  const told = [
    ...swap.flatMap((item: SwapItem) => [{ file: 'swap', item: item.id, texts: item.answers }]),
    ...series.flatMap((item: RegisterSeries) =>
      item.parts.map((texts) => ({ file: 'registers', item: item.id, texts })),
    ),
  ];
  const wrong = told.find(({ texts }) => Object.keys(texts).sort().join() !== [...known].sort().join());
  if (wrong === undefined) return;
  throw new BadInputError({
    source: join(folder, `${wrong.file}.jsonl`),
    place: `item ${wrong.item}`,
    found: `texts in ${Object.keys(wrong.texts).join(', ') || 'no register'}`,
    allowed: `one text in each register of ${MANIFEST}: ${known.join(', ')}`,
  });
}
