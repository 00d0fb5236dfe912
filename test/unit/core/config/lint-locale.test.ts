import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lintLocale } from '../../../../core/config/lint-locale.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const folder = useTemporaryFolder();

// Halves by the first byte of coreutils' sha256sum: Ankara, Konya, Londra, Tokyo, Ayşe and Fatma are even.
const GOOD = `
locale: tr
script: Latin
registers:
  siz: { markers: [lütfen], endings: [siniz] }
  sen: { markers: [lan], endings: [] }
gazetteer:
  - { text: Ankara, kind: place, origin: local }
  - { text: Konya, kind: place, origin: local }
  - { text: Bursa, kind: place, origin: local }
  - { text: Kars, kind: place, origin: local }
  - { text: Londra, kind: place, origin: foreign }
  - { text: Tokyo, kind: place, origin: foreign }
  - { text: Paris, kind: place, origin: foreign }
  - { text: Madrid, kind: place, origin: foreign }
units: { currency: TRY, calendar: gregory, timeZone: Europe/Istanbul }
`;

async function sentences(text: string): Promise<string[]> {
  const path = join(folder(), 'tr.yaml');
  writeFileSync(path, text);
  return (await lintLocale(path)).map(({ message }) => message.replace(`${path} at `, ''));
}

describe('lintLocale', () => {
  it('accepts a profile that is filled in', async () => {
    expect(await sentences(GOOD)).toEqual([]);
  });

  it.each(['ar', 'ja', 'ko', 'und'])('accepts the shipped profile %s', async (locale) => {
    const findings = await lintLocale(join(packageRoot, 'reward', 'locales', `${locale}.yaml`));
    expect(findings.map(({ message }) => message)).toEqual([]);
  });

  it('names every TODO that is left, its place and what belongs there', async () => {
    const text = GOOD.replace('Bursa', 'TODO a third town')
      .replace('[lan]', '["TODO: a rude word"]')
      .replace('TRY', 'TODO the code of the lira');
    expect(await sentences(text)).toEqual([
      'registers.sen.markers[0]: found "TODO: a rude word"; allowed: a rude word',
      'gazetteer[2].text: found "TODO a third town"; allowed: a third town',
      'units.currency: found "TODO the code of the lira"; allowed: the code of the lira',
    ]);
  });

  it.each([
    [
      'what the loader refuses',
      GOOD.replace('TRY', 'TRL?'),
      'units.currency: found "TRL?"; allowed: an ISO 4217',
    ],
    [
      'names of one half only',
      GOOD.replace('Bursa', 'Ayşe').replace('Kars', 'Fatma'),
      'gazetteer: found 4 seen and 0 unseen local names; allowed: at least a third',
    ],
    [
      'no foreign name',
      GOOD.replaceAll('foreign', 'local'),
      'gazetteer: found 0 seen and 0 unseen foreign names; allowed: at least a third',
    ],
    [
      'a name that does not begin where a word does',
      GOOD.replace('Konya', '"-Konya"'),
      'gazetteer[1].text: found "-Konya", which is not found in a text; allowed: a name that begins',
    ],
    [
      'a marker of two registers',
      GOOD.replace('[lan]', '[lütfen]'),
      'registers.sen.markers[0]: found "lütfen", which marks siz too; allowed: each marker in one register',
    ],
  ])('refuses %s', async (_case, text, sentence) => {
    const found = await sentences(text);
    expect(found.filter((finding) => finding.includes(sentence))).toHaveLength(1);
  });
});
