/**
 * From a rubric file to a whole rubric: what it extends is read, and the two are merged.
 *
 * A resolved rubric names no base. Its hash is over all that it came to say, so that a change of the base is a change of
 * every rubric that stands on it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { parseInput, quote } from '../../core/config/parse-input.js';
import { parseYaml } from '../../core/config/read-yaml.js';
import { BadInputError } from '../../core/errors.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import { readSettledText } from './read-settled-text.js';
import type { CriterionFile, RubricExtension, RubricFile } from './rubric-schema.js';
import { criterionSchema, rubricExtensionSchema, rubricSchema } from './rubric-schema.js';

/** A rubric's content and where a person finds each of its criteria. */
export interface ResolvedRubric {
  readonly file: RubricFile;
  /** [criterion]: its place in the file, or the file of the base that it is from. */
  readonly places: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const SHIPPED = join(packageRoot, 'reward', 'rubrics');
const rawCriteria = z.object({ criteria: z.array(z.record(z.string(), z.unknown())).default([]) });

/** What a rubric does not take over from its base: it is about that rubric alone. */
const NOT_INHERITED = new Set(['status', 'parent', 'authors', 'reviewers', 'changelog', 'hash', 'criteria']);

/** Reads a rubric file with all that it extends, to any depth. A cycle is refused and named. */
export async function resolveRubric(path: string, trail: readonly string[] = []): Promise<ResolvedRubric> {
  const text = await readSettledText(path);
  const raw = parseYaml<unknown>(text, z.unknown(), path);
  if (!isRecord(raw) || !('extends' in raw)) {
    const file = parseInput(rubricSchema, raw, { source: path });
    return { file, places: file.criteria.map((_criterion, index) => `criteria[${index}]`) };
  }
  const extension = parseInput(rubricExtensionSchema, raw, { source: path });
  const basePath = findBase(extension.extends, path);
  const visited = [...trail, resolve(path)];
  refuseCycle(basePath, visited, path);
  return merge({ path, raw, extension }, await resolveRubric(basePath, visited), basename(basePath));
}

interface Extending {
  readonly path: string;
  readonly raw: Raw;
  readonly extension: RubricExtension;
}

/** Criteria keep the base's order; those that the base lacks follow. */
function merge(own: Extending, base: ResolvedRubric, baseName: string): ResolvedRubric {
  const { path, raw, extension } = own;
  refuseUnknownWithout(extension, base.file, path);
  const ownCriteria = parseInput(rawCriteria, raw, { source: path }).criteria;
  const indexOf = new Map(extension.criteria.map(({ key }, index) => [key, index]));
  if (indexOf.size < ownCriteria.length) throw repeatedKey(extension, path);
  const merged: { criterion: unknown; place: string }[] = [];
  for (const criterion of base.file.criteria) {
    if (extension.without.includes(criterion.key)) continue;
    const index = indexOf.get(criterion.key);
    if (index === undefined) merged.push({ criterion, place: `criterion ${criterion.key} of ${baseName}` });
    else merged.push({ criterion: overlay(criterion, ownCriteria[index]), place: `criteria[${index}]` });
  }
  const known = new Set(base.file.criteria.map(({ key }) => key));
  for (const [key, index] of indexOf) {
    if (known.has(key)) continue;
    const place = `criteria[${index}]`;
    merged.push({
      criterion: parseInput(criterionSchema, ownCriteria[index], { source: path, place }),
      place,
    });
  }
  const inherited = pick(base.file, (key) => !NOT_INHERITED.has(key));
  const ownFields = pick(raw, (key) => !['extends', 'without', 'criteria'].includes(key));
  const content = { ...inherited, ...ownFields, criteria: merged.map(({ criterion }) => criterion) };
  return {
    file: parseInput(rubricSchema, content, { source: path }),
    places: merged.map(({ place }) => place),
  };
}

/** A criterion of the base with what is said of it anew; its hash is no longer its own. */
function overlay(base: CriterionFile, own: Raw): unknown {
  return { ...pick(base, (key) => key !== 'hash'), ...own };
}

function pick(record: Raw | RubricFile | CriterionFile, isWanted: (key: string) => boolean): Raw {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isWanted(key)));
}

/** A base is an id, looked for beside the file and then among the shipped rubrics, or a path from the file's folder. */
function findBase(name: string, path: string): string {
  const folder = dirname(path);
  const candidates = /[./\\]/.test(name)
    ? [resolve(folder, name)]
    : [resolve(folder, `${name}.yaml`), join(SHIPPED, `${name}.yaml`)];
  const found = candidates.find(existsSync);
  if (found !== undefined) return found;
  const shipped = readdirSync(SHIPPED).filter((file) => file.endsWith('.yaml'));
  throw new BadInputError({
    source: path,
    place: 'extends',
    found: `${quote(name)}, which is no rubric`,
    allowed: `a rubric file, or one of ${shipped.map((file) => basename(file, '.yaml')).join(', ')}`,
  });
}

function refuseCycle(basePath: string, visited: readonly string[], path: string): void {
  const start = visited.indexOf(basePath);
  if (start < 0) return;
  const cycle = [...visited.slice(start), basePath].map((file) => basename(file));
  throw new BadInputError({
    source: path,
    place: 'extends',
    found: `the cycle ${cycle.join(' → ')}`,
    allowed: 'a base that does not stand on this rubric',
  });
}

function refuseUnknownWithout({ without }: RubricExtension, base: RubricFile, path: string): void {
  const keys = base.criteria.map(({ key }) => key);
  const at = without.findIndex((key) => !keys.includes(key));
  if (at < 0) return;
  throw new BadInputError({
    source: path,
    place: `without[${at}]`,
    found: quote(without[at]),
    allowed: `a criterion of the base: ${keys.join(', ')}`,
  });
}

function repeatedKey({ criteria }: RubricExtension, path: string): BadInputError {
  const keys = criteria.map(({ key }) => key);
  const again = keys.findIndex((key, index) => keys.indexOf(key) < index);
  return new BadInputError({
    source: path,
    place: `criteria[${again}].key`,
    found: quote(keys[again]),
    allowed: 'each key once',
  });
}

function isRecord(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
