import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../core/runtime/package-root.js';

const text = readFileSync(join(packageRoot, '.github/workflows/release.yaml'), 'utf8');
const workflow = z
  .looseObject({
    permissions: z.strictObject({}),
    jobs: z.record(
      z.string(),
      z.looseObject({
        permissions: z.record(z.string(), z.enum(['read', 'write'])),
        steps: z.array(z.looseObject({ uses: z.string().optional(), run: z.string().optional() })),
      }),
    ),
  })
  .parse(parse(text));
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
const runs = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

function versions(tag: string): string {
  const script = join(packageRoot, 'scripts/release-version.mjs');
  const { stdout, stderr } = spawnSync(process.execPath, [script, tag], {
    cwd: packageRoot,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

describe('the release', () => {
  it('runs actions of a commit that nobody can change, and shells that are shells', () => {
    expect(steps.length).toBeGreaterThan(10);
    for (const line of text.matchAll(/uses: (.*)$/gm))
      expect(line[1]).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d/);
    const { status, stderr } = spawnSync('bash', ['-n'], { input: runs.join('\n'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('puts nothing of the event into a shell but by the environment', () => {
    expect(runs.filter((run) => run.includes('${{'))).toEqual([]);
  });

  it('keeps no secret, and lets each job write only what it publishes', () => {
    expect(text).not.toContain('secrets.');
    const writes = Object.entries(workflow.jobs).map(([name, { permissions }]) => [
      name,
      Object.keys(permissions).filter((scope) => permissions[scope] === 'write'),
    ]);
    expect(Object.fromEntries(writes)).toEqual({
      version: [],
      image: ['packages', 'id-token'],
      npm: ['id-token'],
      chart: ['packages', 'id-token'],
    });
  });

  it('publishes images with SBOM, the package with provenance and the chart, and signs both kinds of artifact', () => {
    const all = runs.join('\n');
    for (const word of [
      '--sbom=true',
      '--provenance=mode=max',
      'npm sbom',
      'publish --provenance',
      'helm push',
    ]) {
      expect(all).toContain(word);
    }
    expect(runs.filter((run) => run.includes('cosign sign --yes'))).toHaveLength(2);
  });

  it('is refused where package, chart and images are of another version than the tag', () => {
    const { version } = z
      .looseObject({ version: z.string() })
      .parse(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')));
    expect(versions(`v${version}`)).toBe(`version=${version}\n`);
    expect(versions('v99.0.0').trim().split('\n')).toHaveLength(4);
    expect(versions('latest')).toContain('the tag latest is no version');
  });
});
