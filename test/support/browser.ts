import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * `describe` for tests in a real browser. Without one a developer sees them skipped with the reason in the title; with
 * CI=true they run, and fail for the missing browser.
 */
export function describeWithBrowser(title: string, body: () => void): void {
  if (existsSync(EXECUTABLE) || process.env.CI === 'true') describe(title, body);
  else describe.skip(`${title} (SKIP: no ${EXECUTABLE}; node scripts/setup-browser.mjs installs it)`, body);
}

/** One headless Chromium with a profile of its own for the tests of a describe. */
export function useBrowser(): () => BrowserContext {
  let context: BrowserContext | undefined;
  let profile = '';
  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), 'majlis-browser-'));
    context = await chromium.launchPersistentContext(profile, {
      executablePath: EXECUTABLE,
      headless: true,
      args: ARGUMENTS,
      viewport: { width: 1100, height: 800 },
    });
  }, 60_000);
  afterAll(async () => {
    await context?.close();
    // What the browser's helpers still write when it has ended is no reason to fail.
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  return () => {
    if (context === undefined) throw new Error('The browser did not start.');
    return context;
  };
}
