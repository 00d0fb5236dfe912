import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadLocales } from '../../../core/config/load-locale.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import { evaluators } from '../../../reward/judge/evaluators/registry.js';
import { profileFor } from '../../../core/domain/locale.js';
import { loadRubric } from '../../../reward/rubric/load-rubric.js';

const folder = (name: string): string => join(packageRoot, 'reward', name);

describe('the rubrics and locale profiles that come with Majlis', () => {
  it('load against each other', async () => {
    const profiles = await loadLocales(folder('locales'));
    expect(profiles.map(({ locale }) => locale)).toEqual(['ar', 'ja', 'ko', 'und']);
    const files = (await readdir(folder('rubrics'))).filter((file) => file.endsWith('.yaml'));
    const rubrics = await Promise.all(
      files.map((name) => loadRubric(join(folder('rubrics'), name), { evaluators, profiles })),
    );
    expect(rubrics.map(({ id }) => `${id}.yaml`)).toEqual(files);
  });

  it.each(['local', 'foreign'])(
    'cut the %s names of each locale into halves of nearly equal size',
    async (origin) => {
      for (const { locale, gazetteer } of await loadLocales(folder('locales'))) {
        if (locale === 'und') continue;
        const names = gazetteer.filter((entry) => entry.origin === origin);
        const seen = names.filter(({ half }) => half === 'seen').length;
        expect(names.length).toBeGreaterThan(40);
        expect(Math.abs(seen - names.length / 2)).toBeLessThanOrEqual(names.length / 10);
      }
    },
  );

  it('write Japanese registers so that no ending of one ends in an ending of the other', async () => {
    const profiles = await loadLocales(folder('locales'));
    const { desumasu, jotai } = profileFor('ja', profiles)?.registers ?? {};
    const clashes = desumasu.endings.flatMap((polite) =>
      jotai.endings.filter((plain) => polite.endsWith(plain) || plain.endsWith(polite)),
    );
    expect(desumasu.endings.length).toBeGreaterThan(20);
    expect(clashes).toEqual([]);
  });
});
