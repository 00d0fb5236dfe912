import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rubric } from '../../../../core/domain/rubric.js';
import { evaluators } from '../../../../reward/judge/evaluators/registry.js';
import { loadRubric } from '../../../../reward/rubric/load-rubric.js';
import { arabic, korean } from '../../../support/small-locales.js';

const folder = mkdtempSync(join(tmpdir(), 'majlis-extends-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const BASE = `
id: ar
version: 1.0.0
title: Arabic
locale: ar
status: active
authors: [somebody]
criteria:
  - key: names
    version: 1
    dimension: localisation
    kind: principle
    weight: 2
    evaluator: local-entity
    parameters: { none: 0.35 }
    description: Local names.
    sources: [a book]
  - key: loops
    version: 1
    dimension: robustness
    kind: pitfall
    weight: 1
    evaluator: repetition
    description: No loops.
    veto: { threshold: 0.4 }
`;
const EGYPT = `
id: ar-eg
version: 0.1.0
locale: ar-EG
status: draft
extends: ar
criteria:
  - key: register
    version: 1
    dimension: register
    kind: principle
    weight: 1
    evaluator: register
    parameters: { target: egyptian }
    description: Everyday Egyptian.
  - key: names
    weight: 3
`;

async function load(files: Readonly<Record<string, string>>, name = 'ar-eg'): Promise<Rubric> {
  for (const [id, text] of Object.entries(files)) writeFileSync(join(folder, `${id}.yaml`), text);
  return loadRubric(join(folder, `${name}.yaml`), { evaluators, profiles: [arabic, korean] });
}

describe('a rubric that extends another', () => {
  it("takes the base's criteria by key, its own word first, and adds what the base lacks", async () => {
    const rubric = await load({ ar: BASE, 'ar-eg': EGYPT });
    expect(rubric).toMatchObject({
      id: 'ar-eg',
      version: '0.1.0',
      locale: 'ar-EG',
      title: 'Arabic',
      status: 'draft',
    });
    expect(rubric).not.toHaveProperty('authors');
    expect(rubric.criteria.map(({ key, weight }) => [key, weight])).toEqual([
      ['names', 3],
      ['loops', 1],
      ['register', 1],
    ]);
    expect(rubric.criteria[0]).toMatchObject({ parameters: { none: 0.35 }, sources: ['a book'] });
  });

  it('keeps the hash of a criterion whose weight alone it changes, so that its verdicts hold', async () => {
    const base = await load({ ar: BASE }, 'ar');
    const rubric = await load({ ar: BASE, 'ar-eg': EGYPT });
    expect(rubric.criteria[0].hash).toBe(base.criteria[0].hash);
    const told = EGYPT.replace('    weight: 3\n', '    description: Names of Egypt.\n');
    expect((await load({ ar: BASE, 'ar-eg': told })).criteria[0].hash).not.toBe(base.criteria[0].hash);
  });

  it('leaves out what it is told to leave out', async () => {
    const rubric = await load({
      ar: BASE,
      'ar-eg': EGYPT.replace('extends: ar', 'extends: ar\nwithout: [loops]'),
    });
    expect(rubric.criteria.map(({ key }) => key)).toEqual(['names', 'register']);
  });

  it('changes when its base changes', async () => {
    const { hash } = await load({ ar: BASE, 'ar-eg': EGYPT });
    const { hash: changed } = await load({ ar: BASE.replace('0.4', '0.5'), 'ar-eg': EGYPT });
    expect(changed).not.toBe(hash);
    expect((await load({ ar: `# a comment\n${BASE}`, 'ar-eg': EGYPT })).hash).toBe(hash);
  });

  it('is loaded again from its own whole content', async () => {
    const rubric = await load({ ar: BASE, 'ar-eg': EGYPT });
    expect(await load({ whole: JSON.stringify(rubric) }, 'whole')).toEqual(rubric);
  });

  it('stands on a shipped rubric by its id, and on any file by its path', async () => {
    const onShipped = 'id: own\nversion: 1.0.0\nlocale: ar-EG\nextends: ar-egyptian\n';
    const shipped = await load({ own: onShipped }, 'own');
    expect(shipped.criteria.map(({ key }) => key)).toContain('addresses-evaluator');
    const onFile = EGYPT.replace('extends: ar', 'extends: ./ar.yaml');
    expect((await load({ ar: BASE, 'ar-eg': onFile })).criteria).toHaveLength(3);
  });

  it('says where a fault of the base stands', async () => {
    const bad = `${EGYPT}  - key: loops\n    evaluator: vibes\n`;
    await expect(load({ ar: BASE, 'ar-eg': bad })).rejects.toThrow(
      'ar-eg.yaml at criteria[2].evaluator: found "vibes"',
    );
    const korean = EGYPT.replace('ar-EG', 'ko-KR').replace('target: egyptian', 'target: haeyo');
    const dialect = BASE.replace(
      'evaluator: local-entity\n    parameters: { none: 0.35 }',
      'evaluator: register\n    parameters: { target: msa }',
    );
    await expect(
      load({ ar: dialect, 'ar-eg': korean.replace('  - key: names\n    weight: 3\n', '') }),
    ).rejects.toThrow('ar-eg.yaml at criterion names of ar.yaml.parameters.target: found "msa"');
  });

  it('refuses a criterion that it names twice', async () => {
    const twice = `${EGYPT}  - key: names\n    weight: 4\n`;
    await expect(load({ ar: BASE, 'ar-eg': twice })).rejects.toThrow(
      'at criteria[2].key: found "names"; allowed: each key once',
    );
  });
});
