import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rubric } from '../../../../core/domain/rubric.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { evaluators } from '../../../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../../../reward/rubric/load-rubric.js';
import { arabic, korean } from '../../../support/small-locales.js';

const GOOD = `
id: test-rubric
version: 1.0.0
title: A test
locale: ar-EG
criteria:
  - key: names
    version: 1
    dimension: localisation
    kind: principle
    weight: 2
    evaluator: local-entity
    description: Local names.
  - key: loops
    version: 1
    dimension: robustness
    kind: pitfall
    weight: 1
    evaluator: repetition
    description: No loops.
    veto: { threshold: 0.4 }
`;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'majlis-rubric-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function load(text: string): Promise<Rubric> {
  const path = join(folder, 'rubric.yaml');
  await writeFile(path, text);
  return loadRubric(path, { evaluators, profiles: [arabic, korean] });
}

describe('loadRubric', () => {
  it('reads a rubric with its defaults', async () => {
    const rubric = await load(GOOD);
    expect(rubric.floor).toBe(-1);
    expect(rubric.criteria[0]).toMatchObject({ key: 'names', parameters: {}, sources: [] });
    expect(rubric.criteria[1].veto).toEqual({ threshold: 0.4 });
    expect(rubric.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('hashes content, not layout', async () => {
    const { hash } = await load(GOOD);
    const rearranged = GOOD.replace(
      'id: test-rubric\nversion: 1.0.0\n',
      '# a comment\nversion: "1.0.0"\nid: test-rubric\n',
    );
    expect((await load(rearranged)).hash).toBe(hash);
    expect((await load(GOOD + 'floor: -1\n')).hash).toBe(hash);
  });

  it.each([
    ['a weight', GOOD.replace('weight: 2', 'weight: 2.5')],
    ['a veto', GOOD.replace('threshold: 0.4', 'threshold: 0.5')],
    [
      'a parameter',
      GOOD.replace('evaluator: local-entity', 'evaluator: local-entity\n    parameters: { none: 0.2 }'),
    ],
    ['a description', GOOD.replace('No loops.', 'No loops at all.')],
  ])('gives another hash when %s changes', async (_case, changed) => {
    expect((await load(changed)).hash).not.toBe((await load(GOOD)).hash);
  });

  it.each([
    [
      'an unknown key',
      GOOD + 'colour: red\n',
      ': found unknown key "colour"; allowed: the keys id, version, title, locale, criteria, floor',
    ],
    [
      'a misspelt key of a criterion',
      GOOD.replace('weight: 2', 'wieght: 2'),
      'at criteria[0]: found unknown key "wieght"; allowed: the keys key, version, dimension, kind, weight',
    ],
    [
      'a wrong type',
      GOOD.replace('weight: 2', 'weight: heavy'),
      'at criteria[0].weight: found "heavy"; allowed: a value of type number',
    ],
    [
      'a negative weight',
      GOOD.replace('weight: 2', 'weight: -2'),
      'at criteria[0].weight: found -2; allowed: at least 0',
    ],
    ['an infinite weight', GOOD.replace('weight: 2', 'weight: .inf'), 'at criteria[0].weight'],
    [
      'weights that are all zero',
      GOOD.replace('weight: 2', 'weight: 0').replace('weight: 1', 'weight: 0'),
      'at criteria: found no weight above 0 outside pitfalls',
    ],
    [
      'a weight on pitfalls only',
      GOOD.replace('weight: 2', 'weight: 0'),
      'at criteria: found no weight above 0 outside pitfalls',
    ],
    [
      'no criteria',
      GOOD.slice(0, GOOD.indexOf('criteria:')) + 'criteria: []\n',
      'at criteria: found []; allowed: at least 1 items',
    ],
    [
      'an unknown locale',
      GOOD.replace('ar-EG', 'xx-YY'),
      'at locale: found "xx-YY"; allowed: a locale with a profile: ar, ko',
    ],
    [
      'a missing evaluator',
      GOOD.replace('local-entity', 'vibes'),
      'at criteria[0].evaluator: found "vibes"; allowed: courtesy, degenerate',
    ],
    [
      'a duplicate key',
      GOOD.replace('key: loops', 'key: names'),
      'at criteria[1].key: found "names"; allowed: each key once',
    ],
    [
      'an unknown dimension',
      GOOD.replace('localisation', 'vibes'),
      'at criteria[0].dimension: found "vibes"; allowed: "language_fidelity"',
    ],
    [
      'an unknown kind',
      GOOD.replace('principle', 'hint'),
      'at criteria[0].kind: found "hint"; allowed: "hard_rule", "principle", "pitfall"',
    ],
    [
      'a version that is not semantic',
      GOOD.replace('1.0.0', '"1"'),
      'at version: found "1"; allowed: a semantic version such as 1.0.0',
    ],
    [
      'a veto outside [0, 1]',
      GOOD.replace('0.4', '4'),
      'at criteria[1].veto.threshold: found 4; allowed: at most 1',
    ],
    ['a floor that a bad answer could undercut', GOOD + 'floor: 0\n', 'at floor: found 0; allowed: -1'],
    [
      'a bad parameter',
      GOOD.replace('evaluator: local-entity', 'evaluator: local-entity\n    parameters: { none: 7 }'),
      'at criteria[0].parameters, none: found 7; allowed: at most 1',
    ],
    [
      'a register that the locale lacks',
      GOOD.replace('evaluator: local-entity', 'evaluator: register\n    parameters: { target: haeyo }'),
      'at criteria[0].parameters.target: found "haeyo"; allowed: a register of locale ar: msa, egyptian',
    ],
    ['a list instead of a rubric', '- a\n- b\n', ': found ["a","b"]; allowed: a value of type object'],
  ])('refuses %s in one sentence', async (_case, text, sentence) => {
    await expect(load(text)).rejects.toThrow(sentence);
    await expect(load(text)).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(load(text)).rejects.not.toThrow('\n');
  });
});

describe('the rubrics that come with Majlis', () => {
  const rubrics = join(packageRoot, 'reward', 'rubrics');

  it('all load, and differ', async () => {
    const files = (await readdir(rubrics)).filter((name) => /^(ar|ko)-.*\.yaml$/.test(name));
    const loaded = await Promise.all(
      files.map((name) => loadRubric(join(rubrics, name), { evaluators, profiles: [arabic, korean] })),
    );
    expect(loaded.map(({ id }) => id).sort()).toEqual(['ar-egyptian', 'ar-msa', 'ko-haeyo', 'ko-hapsyo']);
    expect(new Set(loaded.map(({ hash }) => hash)).size).toBe(4);
    for (const rubric of loaded) {
      for (const criterion of rubric.criteria) expect(criterion.sources.length).toBeGreaterThan(0);
    }
  });
});
