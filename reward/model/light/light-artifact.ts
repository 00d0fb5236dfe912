/**
 * A light reward model as a folder that never changes. Invariants: the manifest is written last, so that a model which has one
 * is whole; it states the sha256 of every other file and of itself, and what no longer has its hash is not loaded; the folder
 * holds the rubric and the locale profile, so that it scores the same wherever it is.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { loadLocale } from '../../../core/config/load-locale.js';
import { parseJson } from '../../../core/config/parse-json.js';
import { readText } from '../../../core/config/read-text.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { decodeSafetensors, encodeSafetensors } from '../../../core/network/model-directory/safetensors.js';
import { canonicalJson, contentHash, sha256 } from '../../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../../core/runtime/durable-file.js';
import { evaluators } from '../../judge/evaluators/registry.js';
import { loadRubric } from '../../rubric/load-rubric.js';
import { denseWidth, ruledCriteria } from './answer-features.js';
import { LIGHT_FORMAT, lightManifestSchema, type LightManifest, type LightOrigin } from './light-manifest.js';
import { lightModelHash } from './light-model-hash.js';
import type { LightModel } from './light-model.js';
import type { LightReward } from './light-reward-model.js';

const MANIFEST = 'reward-model.json';
const WEIGHTS = 'weights.safetensors';
const RUBRIC = 'rubric.json';
const LOCALE = 'locale.json';

/** A light model with where it comes from. */
export interface StoredLightReward extends LightReward {
  readonly origin: LightOrigin;
}

/**
 * Writes a model to a folder. One that is there already and the same stays; another model's folder is `already_exists`.
 */
export async function saveLightReward(directory: string, reward: StoredLightReward): Promise<void> {
  const files = new Map<string, Uint8Array>([
    [WEIGHTS, encodeWeights(reward.model)],
    [RUBRIC, Buffer.from(`${JSON.stringify({ ...reward.rubric, hash: undefined }, undefined, 1)}\n`)],
    [LOCALE, Buffer.from(`${JSON.stringify(localeFile(reward), undefined, 1)}\n`)],
  ]);
  const manifest = manifestOf(
    reward,
    Object.fromEntries([...files].map(([name, bytes]) => [name, sha256(bytes)])),
  );
  if (existsSync(join(directory, MANIFEST))) {
    const { hash, checksum } = await readManifest(directory);
    if (checksum === manifest.checksum) return;
    throw new MajlisError(
      `${directory} holds reward model ${hash.slice(0, 12)}, which does not change; write ${manifest.hash.slice(0, 12)} to another folder`,
      { code: 'already_exists' },
    );
  }
  await makeFolderDurably(resolve(directory));
  for (const [name, bytes] of files) await writeDurably(join(directory, name), bytes);
  await writeDurably(join(directory, MANIFEST), Buffer.from(`${canonicalJson(manifest)}\n`));
}

/**
 * Reads a model back. A folder without a manifest, or of another format, is bad input; one whose bytes are not those that were
 * written is `data_loss`.
 */
export async function loadLightReward(directory: string): Promise<StoredLightReward> {
  const manifest = await readManifest(directory);
  for (const name of [WEIGHTS, RUBRIC, LOCALE]) await requireBytes(directory, name, manifest.files[name]);
  const profile = await loadLocale(join(directory, LOCALE));
  const rubric = await loadRubric(join(directory, RUBRIC), { evaluators, profiles: [profile] });
  const { origin, hash } = manifest;
  if (rubric.hash !== origin.rubricHash || lightModelHash(origin) !== hash) {
    throw new MajlisError(`${directory} was put together from several reward models`, { code: 'data_loss' });
  }
  const known = new Set(ruledCriteria(rubric));
  if (!manifest.space.criteria.every((key) => known.has(key))) {
    throw new MajlisError(`${directory} weighs criteria that rubric ${rubric.id} does not have`, {
      code: 'data_loss',
    });
  }
  return { hash, origin, rubric, profile, model: await readModel(directory, manifest) };
}

function manifestOf(
  { hash, origin, model }: StoredLightReward,
  files: Readonly<Record<string, string>>,
): LightManifest {
  const { space, columns, centres, centre, temperature, tieWidth, style } = model;
  const content: Omit<LightManifest, 'checksum'> = {
    format: LIGHT_FORMAT,
    hash,
    origin,
    files,
    space: { ...space, criteria: [...space.criteria], locales: [...space.locales] },
    columns,
    centres: [...centres].map(([locale, values]) => ({ locale, values: [...values] })),
    centre: [...centre],
    temperature,
    tieWidth,
    style: { weights: [...style.weights], scales: [...style.scales] },
  };
  return { ...content, checksum: contentHash(content) };
}

async function readManifest(directory: string): Promise<LightManifest> {
  const source = join(directory, MANIFEST);
  if (!existsSync(source)) {
    throw new BadInputError({
      source: directory,
      found: existsSync(directory) ? `no ${MANIFEST}` : 'no such folder',
      allowed: 'the folder of a reward model; "majlis reward train --out" makes one',
    });
  }
  const manifest = parseJson(await readText(source), lightManifestSchema, { source });
  const { checksum, ...content } = manifest;
  if (contentHash(content) === checksum) return manifest;
  throw new MajlisError(`${source} is damaged: its content does not have its checksum`, {
    code: 'data_loss',
  });
}

async function requireBytes(directory: string, name: string, expected: string | undefined): Promise<void> {
  const path = join(directory, name);
  const bytes = existsSync(path) ? await readFile(path) : undefined;
  if (bytes !== undefined && sha256(bytes) === expected) return;
  const fault = bytes === undefined ? 'is missing' : 'is damaged: its content does not have its sha256';
  throw new MajlisError(`${path} ${fault}. Next: copy the folder again from where the model was trained.`, {
    code: 'data_loss',
  });
}

async function readModel(directory: string, manifest: LightManifest): Promise<LightModel> {
  const { space, columns, centres, centre, temperature, tieWidth, style } = manifest;
  const path = join(directory, WEIGHTS);
  const tensors = decodeSafetensors(await readFile(path), path);
  const valuesOf = (name: string, rows: number): Float32Array => {
    const tensor = tensors.get(name);
    if (tensor?.values.length === rows * columns) return tensor.values;
    throw new MajlisError(`${path} holds no ${rows} × ${columns} weights of name ${name}`, {
      code: 'data_loss',
    });
  };
  return {
    space,
    columns,
    ngramWeights: valuesOf('ngrams', space.ngrams.buckets),
    denseWeights: valuesOf('dense', denseWidth(space)),
    centres: new Map(centres.map(({ locale, values }) => [locale, Float32Array.from(values)])),
    centre: Float32Array.from(centre),
    temperature,
    tieWidth,
    style,
  };
}

function encodeWeights({ space, columns, ngramWeights, denseWeights }: LightModel): Uint8Array {
  return encodeSafetensors([
    { name: 'ngrams', shape: [space.ngrams.buckets, columns], values: ngramWeights },
    { name: 'dense', shape: [denseWidth(space), columns], values: denseWeights },
  ]);
}

/** A profile as it is written, without the halves that its loader makes. */
function localeFile({ profile }: LightReward): object {
  return {
    ...profile,
    gazetteer: profile.gazetteer.map(({ text, kind, origin }) => ({ text, kind, origin })),
  };
}
