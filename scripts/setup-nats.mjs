// Makes the older of the two NATS servers that the tests run against available: Debian's 2.9, taken out of its package
// into .majlis/nats-2.9 without being installed, since an installed server would start as a service. The newer one, 2.14,
// comes with .venv. Prints SKIP with the reason where there is no apt-get.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const FOLDER = '.majlis/nats-2.9';
const EXECUTABLE = join(FOLDER, 'usr/sbin/nats-server');

/** Returns { ok } or { ok: false, reason }. */
export function setUpNats() {
  if (existsSync(EXECUTABLE)) return { ok: true };
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    return {
      ok: false,
      reason: `no apt-get to take nats-server from; unpack a 2.9 release so that ${EXECUTABLE} exists`,
    };
  }
  mkdirSync('.majlis', { recursive: true });
  const work = mkdtempSync('.majlis/nats-');
  try {
    return unpackInto(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackInto(work) {
  // Without fresh lists the download fails on a new machine, and with them it is not needed.
  const failed = run('apt-get', ['download', '-qq', 'nats-server'], work);
  if (failed !== undefined) {
    const again =
      run('apt-get', ['update', '-qq'], work) ?? run('apt-get', ['download', '-qq', 'nats-server'], work);
    if (again !== undefined) return { ok: false, reason: again };
  }
  const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (archive === undefined) return { ok: false, reason: 'apt-get downloaded no package of nats-server' };
  const unpacked = run('dpkg-deb', ['-x', archive, 'unpacked'], work);
  if (unpacked !== undefined) return { ok: false, reason: unpacked };
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(join(work, 'unpacked'), FOLDER);
  return existsSync(EXECUTABLE)
    ? { ok: true }
    : { ok: false, reason: `the package of nats-server has no ${EXECUTABLE}` };
}

/** Undefined where it worked, else a sentence. */
function run(command, args, cwd) {
  const { status, error, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (error !== undefined) return `${command} could not be started (${error.message})`;
  return status === 0
    ? undefined
    : `${command} ${args.join(' ')} exited with ${status}: ${stderr.trim().slice(-300)}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const nats = setUpNats();
  console.log(nats.ok ? `NATS: ${EXECUTABLE}` : `SKIP checks against NATS 2.9: ${nats.reason}`);
  process.exit(nats.ok || process.env.CI !== 'true' ? 0 : 1);
}
