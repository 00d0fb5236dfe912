import { join } from 'node:path';
import { z } from 'zod';
import { readPairs } from '../../../../cli/labelling/read-pairs.js';
import { loadLocale } from '../../../../core/config/load-locale.js';
import { readJsonLines } from '../../../../core/config/read-json-lines.js';
import { findEntities } from '../../../../core/domain/entity-mention.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';

const anchorSchema = z.strictObject({
  id: z.string(),
  rubric: z.string(),
  prompt: z.string().min(1),
  better: z.string().min(1),
  worse: z.string().min(1),
  why: z.string().regex(/^[a-z]+: /),
  provenance: z.literal('authored, not native-checked'),
});
const textsSchema = z.looseObject({ prompt: z.string(), better: z.string(), worse: z.string() });

const texts = (line: z.infer<typeof textsSchema>): string[] => [line.better, line.worse];

describe.each([
  ['arabic', 'ar', 'ar-msa'],
  ['korean', 'ko', 'ko-haeyo'],
])('the %s anchors', (example, locale, rubric) => {
  const file = (name: string): string => join(packageRoot, 'examples', example, name);
  const read = (): Promise<z.infer<typeof anchorSchema>[]> =>
    readJsonLines(file('anchors.jsonl'), anchorSchema, { uniqueBy: ({ id }) => id });

  it('are at least 40 of one rubric, each on a question of its own, over ten subjects or more', async () => {
    const anchors = await read();
    expect(anchors.length).toBeGreaterThanOrEqual(40);
    expect(new Set(anchors.map((anchor) => anchor.rubric))).toEqual(new Set([rubric]));
    expect(new Set(anchors.map(({ prompt }) => prompt)).size).toBe(anchors.length);
    expect(new Set(anchors.flatMap(texts)).size).toBe(2 * anchors.length);
    expect(new Set(anchors.map(({ why }) => why.split(':')[0])).size).toBeGreaterThanOrEqual(10);
  });

  it('can be labelled blind: neither the verdict nor the reason is among what is shown', async () => {
    const anchors = await read();
    const pairs = await readPairs(file('anchors.jsonl'), { rubric, locale });
    expect(pairs.map(({ id }) => id)).toEqual(anchors.map(({ id }) => id));
    const betterFirst = pairs.filter(({ first }, at) => first === anchors[at].better).length;
    // A fair coin is within three standard deviations of a half.
    expect(Math.abs(betterFirst - anchors.length / 2)).toBeLessThan(1.5 * Math.sqrt(anchors.length));
    expect(Object.keys(pairs[0]).sort()).toEqual(['first', 'id', 'prompt', 'second']);
  });

  it('show the reward side no name of the unseen half', async () => {
    const profile = await loadLocale(join(packageRoot, 'reward', 'locales', `${locale}.yaml`));
    const unseen = (await read())
      .flatMap((anchor) => [anchor.prompt, ...texts(anchor)])
      .flatMap((text) => findEntities(text, profile))
      .filter(({ entry }) => entry.half === 'unseen');
    expect(unseen.map(({ entry }) => entry.text)).toEqual([]);
  });

  it('share no answer with the gold pairs or with what the control judge has', async () => {
    const names = ['gold-pairs.jsonl', 'control-pairs.jsonl', 'control-gold.jsonl'];
    const others = (await Promise.all(names.map((name) => readJsonLines(file(name), textsSchema)))).flat();
    const taken = new Set(others.flatMap(texts));
    expect((await read()).flatMap(texts).filter((text) => taken.has(text))).toEqual([]);
  });
});
