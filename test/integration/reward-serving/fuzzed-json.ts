/** JSON as nobody should send it: one tree after another, spoilt in a few places, and now and then as text. */
import type { Rng } from '../../../core/math/rng.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Stands for a token that no JSON value stringifies to. */
const RAW = /"@raw:([^"]*)"/g;
const RAW_TOKENS = ['NaN', '1e999', '-0', '01', 'undefined', "'x'", '{', '', '1e-400', 'tru', '\\u0000'];
const DEEP = 2000;

/** The value with up to three of its nodes replaced, left out or doubled. */
export function spoilt(rng: Rng, value: Json): Json {
  let result = value;
  for (let left = rng.integer(4); left > 0; left -= 1) result = spoiltOnce(rng, result);
  return result;
}

function spoiltOnce(rng: Rng, value: Json): Json {
  const isLeaf = typeof value !== 'object' || value === null;
  if (isLeaf || rng.integer(4) === 0) return oddValue(rng);
  if (isList(value)) return spoiltList(rng, value);
  const keys = Object.keys(value);
  if (keys.length === 0) return { [oddKey(rng)]: oddValue(rng) };
  const key = keys[rng.integer(keys.length)];
  const { [key]: inner, ...others } = value;
  const ways: (() => Json)[] = [
    () => others,
    () => ({ ...value, [oddKey(rng)]: oddValue(rng) }),
    () => ({ ...others, [oddKey(rng)]: inner }),
  ];
  const way = rng.integer(6);
  return way < ways.length ? ways[way]() : { ...value, [key]: spoiltOnce(rng, inner) };
}

function spoiltList(rng: Rng, list: readonly Json[]): Json {
  if (list.length === 0) return [oddValue(rng)];
  const at = rng.integer(list.length);
  const ways: (() => Json)[] = [
    () => [],
    () => list.filter((_, place) => place !== at),
    () => [...list, list[at]],
  ];
  const way = rng.integer(6);
  return way < ways.length
    ? ways[way]()
    : list.map((item, place) => (place === at ? spoiltOnce(rng, item) : item));
}

function oddValue(rng: Rng): Json {
  const values: readonly (() => Json)[] = [
    () => null,
    () => true,
    () => [0, -1, 1.5, 1e308, 2 ** 53, -(2 ** 31)][rng.integer(6)],
    () => '',
    () => 'x',
    () => oddText(rng),
    () => [],
    () => ({}),
    () => [[]],
    () => `@raw:${RAW_TOKENS[rng.integer(RAW_TOKENS.length)]}`,
    () => 'long '.repeat(rng.integer(4000)),
  ];
  return values[rng.integer(values.length)]();
}

function oddText(rng: Rng): string {
  const texts = [
    '\ud800',
    'a\udc00b',
    '\u0000',
    '\u202e\u200f',
    '😀'.repeat(50),
    '${x}',
    '%s%n',
    '\r\nx: y',
    '../../x',
  ];
  return texts[rng.integer(texts.length)];
}

function oddKey(rng: Rng): string {
  const keys = [
    '__proto__',
    'constructor',
    'toString',
    'Query',
    '',
    'query',
    'prompts',
    'then',
    'length',
    '\ud800',
  ];
  return keys[rng.integer(keys.length)];
}

/** As text, mostly well formed; sometimes cut, with a byte of its own, or nested beyond reason. */
export function spoiltText(rng: Rng, value: Json): Buffer {
  const text = JSON.stringify(value).replace(RAW, '$1');
  const bytes = Buffer.from(text);
  switch (rng.integer(20)) {
    case 0:
      return bytes.subarray(0, rng.integer(bytes.length + 1));
    case 1:
      bytes[rng.integer(bytes.length)] = rng.integer(256);
      return bytes;
    case 2:
      return Buffer.concat([bytes, bytes]);
    case 3:
      return Buffer.from('['.repeat(rng.integer(DEEP)) + text);
    case 4:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    default:
      return bytes;
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
