import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadLocale } from '../../../../core/config/load-locale.js';
import { readJsonLines } from '../../../../core/config/read-json-lines.js';
import { findEntities } from '../../../../core/domain/entity-mention.js';
import type { EntityHalf, LocaleProfile } from '../../../../core/domain/locale.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

const pairSchema = z.strictObject({
  id: z.string(),
  rubric: z.string(),
  prompt: z.string().min(1),
  better: z.string().min(1),
  worse: z.string().min(1),
  why: z.string().min(1),
});
type Pair = z.infer<typeof pairSchema>;

const FILES = ['gold-pairs.jsonl', 'control-pairs.jsonl', 'control-gold.jsonl'] as const;
const examples = join(packageRoot, 'examples');
const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'control-gold.jsonl')));

describe.each(names)('the %s pairs', (name) => {
  let pairs: Record<(typeof FILES)[number], Pair[]>;
  let profile: LocaleProfile;
  let corpus: string;

  beforeAll(async () => {
    const read = (file: string): Promise<Pair[]> =>
      readJsonLines(join(examples, name, file), pairSchema, { uniqueBy: ({ id }) => id });
    const [gold, fitted, control] = await Promise.all(FILES.map(read));
    pairs = { 'gold-pairs.jsonl': gold, 'control-pairs.jsonl': fitted, 'control-gold.jsonl': control };
    const locale = gold[0].rubric.split('-')[0];
    profile = await loadLocale(join(packageRoot, 'reward', 'locales', `${locale}.yaml`));
    corpus = readFileSync(join(examples, name, 'sft.jsonl'), 'utf8');
  });

  function named(file: (typeof FILES)[number], half: EntityHalf): string[] {
    return pairs[file]
      .flatMap(({ better, worse, prompt }) => [better, worse, prompt])
      .filter((text) => findEntities(text, profile).some(({ entry }) => entry.half === half));
  }

  function sentences(file: (typeof FILES)[number]): Set<string> {
    return new Set(
      pairs[file]
        .flatMap(({ better, worse }) => [better, worse])
        .filter((text) => text.split(' ').length > 2),
    );
  }

  it.each([
    ['gold-pairs.jsonl', 40],
    ['control-pairs.jsonl', 60],
    ['control-gold.jsonl', 30],
  ] as const)('in %s are %d for each of two rubrics', (file, count) => {
    const perRubric = new Map<string, number>();
    for (const { rubric } of pairs[file]) perRubric.set(rubric, (perRubric.get(rubric) ?? 0) + 1);
    expect([...perRubric.values()]).toEqual([count, count]);
  });

  it('always differ in their two answers', () => {
    for (const file of FILES) expect(pairs[file].filter(({ better, worse }) => better === worse)).toEqual([]);
  });

  it('show the reward side no name of the unseen half', () => {
    expect(named('gold-pairs.jsonl', 'unseen')).toEqual([]);
  });

  it('show the control judge no name of the seen half, and its gold pairs no name of the gazetteer at all', () => {
    expect(named('control-pairs.jsonl', 'seen')).toEqual([]);
    expect(named('control-gold.jsonl', 'seen')).toEqual([]);
    expect(named('control-gold.jsonl', 'unseen')).toEqual([]);
  });

  it('share no sentence between files, and none with the corpus', () => {
    const [gold, fitted, control] = FILES.map(sentences);
    expect([...control].filter((text) => fitted.has(text) || gold.has(text))).toEqual([]);
    expect([...fitted].filter((text) => gold.has(text))).toEqual([]);
    const all = [...gold, ...fitted, ...control];
    expect(all.filter((text) => corpus.includes(JSON.stringify(text)))).toEqual([]);
  });
});
