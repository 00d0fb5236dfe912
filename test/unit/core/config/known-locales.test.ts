import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownLocales, localesFolderBy, SHIPPED_LOCALES } from '../../../../core/config/known-locales.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const folder = useTemporaryFolder();

describe('localesFolderBy', () => {
  it('looks beside the file, its folder and the folder above, and no further', () => {
    const project = join(folder(), 'project');
    mkdirSync(join(project, 'rubrics', 'deep', 'deeper'), { recursive: true });
    expect(localesFolderBy(join(project, 'rubrics', 'tr.yaml'))).toBeUndefined();
    mkdirSync(join(project, 'locales'));
    expect(localesFolderBy(join(project, 'run.yaml'))).toBe(join(project, 'locales'));
    expect(localesFolderBy(join(project, 'rubrics', 'tr.yaml'))).toBe(join(project, 'locales'));
    expect(localesFolderBy(join(project, 'rubrics', 'deep', 'tr.yaml'))).toBe(join(project, 'locales'));
    expect(localesFolderBy(join(project, 'rubrics', 'deep', 'deeper', 'tr.yaml'))).toBeUndefined();
    mkdirSync(join(project, 'rubrics', 'locales'));
    expect(localesFolderBy(join(project, 'rubrics', 'tr.yaml'))).toBe(join(project, 'rubrics', 'locales'));
  });
});

describe('knownLocales', () => {
  it('adds the profiles of a folder to the shipped ones and lets them replace one', async () => {
    const own = join(folder(), 'own');
    mkdirSync(own);
    const korean = readFileSync(join(SHIPPED_LOCALES, 'ko.yaml'), 'utf8');
    writeFileSync(join(own, 'ko.yaml'), korean.replace('dangi', 'gregory'));
    writeFileSync(join(own, 'ko-KP.yaml'), korean.replace('locale: ko', 'locale: ko-KP'));
    const known = await knownLocales(own);
    expect(known.map(({ locale }) => locale).sort()).toEqual(['ar', 'ja', 'ko', 'ko-KP', 'und']);
    expect(known.find(({ locale }) => locale === 'ko')?.units.calendar).toBe('gregory');
  });

  it('refuses a folder where two files describe one locale', async () => {
    const twice = join(folder(), 'twice');
    cpSync(SHIPPED_LOCALES, twice, { recursive: true });
    cpSync(join(SHIPPED_LOCALES, 'ko.yaml'), join(twice, 'korean.yaml'));
    await expect(knownLocales(twice)).rejects.toThrow(
      'korean.yaml at locale: found "ko", which ko.yaml describes too; allowed: one file for each locale',
    );
  });
});
