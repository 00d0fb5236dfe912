import { isMap, isPair, isScalar, isSeq, parseDocument, visit, type Document } from 'yaml';
import { findEntities } from '../domain/entity-mention.js';
import { normalizeText } from '../domain/name-text.js';
import type { EntityOrigin, LocaleProfile } from '../domain/locale.js';
import { BadInputError } from '../errors.js';
import { loadLocale } from './load-locale.js';
import { TO_DO } from './locale-schema.js';
import { quote } from './parse-input.js';
import { readText } from './read-text.js';

/** Names of an origin whose smaller half holds less than this share measure next to nothing. */
const SMALLEST_HALF = 1 / 3;
const ORIGINS: readonly EntityOrigin[] = ['local', 'foreign'];

/**
 * All that is wrong with a locale profile: every TODO that is left with what belongs in its place; else what the loader
 * refuses; else what would make it measure badly though it loads. Empty where it is ready for use.
 */
export async function lintLocale(path: string): Promise<BadInputError[]> {
  const open = openPlaces(parseDocument(await readText(path)), path);
  if (open.length > 0) return open;
  try {
    return checkProfile(await loadLocale(path), path);
  } catch (thrown) {
    if (thrown instanceof BadInputError) return [thrown];
    throw thrown;
  }
}

function openPlaces(document: Document.Parsed, source: string): BadInputError[] {
  const found: BadInputError[] = [];
  visit(document, {
    Scalar: (key, node, ancestors) => {
      if (typeof node.value !== 'string' || !TO_DO.test(node.value)) return;
      const place = placeOf(key, [...ancestors]);
      const allowed = node.value.replace(TO_DO, '');
      found.push(new BadInputError({ source, place, found: quote(node.value), allowed }));
    },
  });
  return found;
}

/** A path such as `gazetteer[3].text` from the nodes above one; a key names itself. */
function placeOf(key: unknown, ancestors: readonly unknown[]): string {
  const steps: string[] = [];
  for (const [at, node] of ancestors.entries()) {
    const below = ancestors.at(at + 1);
    if (isPair(node) && isScalar(node.key)) steps.push(`.${String(node.key.value)}`);
    else if (isSeq(node)) steps.push(`[${below === undefined ? String(key) : node.items.indexOf(below)}]`);
    else if (isMap(node)) continue;
  }
  return steps.join('').replace(/^\./, '');
}

function checkProfile(profile: LocaleProfile, source: string): BadInputError[] {
  return [...unfindable(profile, source), ...unevenHalves(profile, source), ...idleMarkers(profile, source)];
}

/** A name that is not found in itself is cut through by its locale's words, or begins with another name. */
function unfindable(profile: LocaleProfile, source: string): BadInputError[] {
  return profile.gazetteer.flatMap((entry, index) => {
    const mentions = findEntities(entry.text, profile);
    if (mentions.at(0)?.entry === entry && mentions[0].end === normalizeText(entry.text).length) return [];
    const found = `${quote(entry.text)}, which is not found in a text`;
    const allowed = 'a name that begins and ends where words do';
    return [new BadInputError({ source, place: `gazetteer[${index}].text`, found, allowed })];
  });
}

function unevenHalves({ gazetteer }: LocaleProfile, source: string): BadInputError[] {
  if (gazetteer.length === 0) return [];
  return ORIGINS.flatMap((origin) => {
    const names = gazetteer.filter((entry) => entry.origin === origin);
    const seen = names.filter(({ half }) => half === 'seen').length;
    const smaller = Math.min(seen, names.length - seen);
    if (names.length > 0 && smaller >= SMALLEST_HALF * names.length) return [];
    const found = `${seen} seen and ${names.length - seen} unseen ${origin} names`;
    const allowed =
      'at least a third of them in either half; the hash of a name decides, so add or exchange names';
    return [new BadInputError({ source, place: 'gazetteer', found, allowed })];
  });
}

/** A word that marks two registers is a sign of neither. */
function idleMarkers({ registers }: LocaleProfile, source: string): BadInputError[] {
  const owners = new Map<string, string>();
  return Object.entries(registers).flatMap(([name, { markers }]) =>
    markers.flatMap((marker, index) => {
      const owner = owners.get(marker);
      owners.set(marker, name);
      if (owner === undefined) return [];
      const place = `registers.${name}.markers[${index}]`;
      const found = `${quote(marker)}, which marks ${owner} too`;
      return [new BadInputError({ source, place, found, allowed: 'each marker in one register' })];
    }),
  );
}
