// Makes the browser of the page tests available: Debian's chromium, by apt-get, where it is missing and this may be
// done. Prints SKIP with the reason otherwise. Playwright's own download is never used.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const EXECUTABLE = '/usr/bin/chromium';

/** Returns { ok } or { ok: false, reason }. */
export function setUpBrowser() {
  if (existsSync(EXECUTABLE)) return { ok: true };
  if (process.platform !== 'linux' || !existsSync('/usr/bin/apt-get')) {
    return { ok: false, reason: `no ${EXECUTABLE}, and no apt-get to install it with` };
  }
  if (process.getuid() !== 0) {
    return { ok: false, reason: `no ${EXECUTABLE}; install it as root: apt-get install chromium` };
  }
  const steps = [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ];
  for (const step of steps) {
    const { status, error } = spawnSync('apt-get', step, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (error !== undefined) return { ok: false, reason: `apt-get could not be started (${error.message})` };
    if (status !== 0) return { ok: false, reason: `apt-get ${step.join(' ')} exited with ${status}` };
  }
  return existsSync(EXECUTABLE)
    ? { ok: true }
    : { ok: false, reason: `apt-get installed chromium, but not as ${EXECUTABLE}` };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const browser = setUpBrowser();
  console.log(browser.ok ? `browser: ${EXECUTABLE}` : `SKIP browser checks: ${browser.reason}`);
  process.exit(browser.ok || process.env.CI !== 'true' ? 0 : 1);
}
