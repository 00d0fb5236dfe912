import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHIPPED_LOCALES } from '../../../../core/config/known-locales.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { loadCorpusSource } from '../../../../workers/corpus/load-corpus-source.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('the source of a corpus', () => {
  const folder = useTemporaryFolder();
  const corpus = (): string => join(folder(), 'corpus');

  beforeEach(() => {
    mkdirSync(corpus(), { recursive: true });
    cpSync(join(packageRoot, 'examples', 'korean', 'frames.yaml'), join(corpus(), 'frames.yaml'));
  });

  it('names what a profile of its own folder names, and else what the shipped one does', async () => {
    const shipped = await loadCorpusSource(corpus());
    expect(shipped.gazetteer.map(({ text }) => text)).toContain('부산');
    const own = readFileSync(join(SHIPPED_LOCALES, 'ko.yaml'), 'utf8').replaceAll('부산', '새고을');
    mkdirSync(join(folder(), 'locales'));
    writeFileSync(join(folder(), 'locales', 'ko.yaml'), own);
    const names = (await loadCorpusSource(corpus())).gazetteer.map(({ text }) => text);
    expect(names).toContain('새고을');
    expect(names).not.toContain('부산');
  });

  it('is refused with the next step where its locale has no profile', async () => {
    const frames = readFileSync(join(corpus(), 'frames.yaml'), 'utf8');
    writeFileSync(join(corpus(), 'frames.yaml'), frames.replace('locale: ko', 'locale: sw'));
    await expect(loadCorpusSource(corpus())).rejects.toThrow(
      /frames\.yaml at locale: found "sw"; allowed: a locale with a profile: .*ko.*; "majlis locale new" makes one/,
    );
  });
});
