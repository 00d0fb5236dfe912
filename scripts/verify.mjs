// Every check of the project, in order, with its time. `npm run verify` and .ci/run call this and nothing else.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setUpBrowser } from './setup-browser.mjs';
import { setUpPython } from './setup-python.mjs';

const REPORT = '.majlis/jest.json';

const checks = [
  ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['generated code', 'node', ['scripts/generate.mjs', '--check']],
  ['types', 'npx', ['tsc', '-b']],
  ['lint', 'npx', ['eslint', '.']],
  ['import walls', 'npm', ['run', '-s', 'walls']],
  ['python package', 'node', ['scripts/check-python.mjs']],
  ['tests', 'npx', ['jest', '--json', `--outputFile=${REPORT}`]],
];

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(1);
}

function run([name, command, args]) {
  const start = performance.now();
  console.log(`── ${name}`);
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${seconds(start)} s`);
  return status === 0;
}

mkdirSync('.majlis', { recursive: true });
// A report of an earlier time must never be taken for this one's.
rmSync(REPORT, { force: true });
const setUpStart = performance.now();
const missing = [
  ['Python', setUpPython()],
  ['browser', setUpBrowser()],
].filter(([, { ok }]) => !ok);
for (const [what, { reason }] of missing) console.log(`── SKIP ${what} checks: ${reason}`);
console.log(`── set-up: ${missing.length === 0 ? 'ok' : 'not whole'} in ${seconds(setUpStart)} s`);
if (missing.length > 0 && process.env.CI === 'true') {
  console.error('With CI=true nothing may be skipped.');
  process.exit(1);
}

const start = performance.now();
const failed = checks.filter((check) => !run(check)).map(([name]) => name);
console.log(
  `── all checks in ${seconds(start)} s${failed.length > 0 ? `; FAILED: ${failed.join(', ')}` : ''}`,
);

if (!existsSync(REPORT)) {
  console.error('The tests did not report.');
  process.exit(1);
}
const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(REPORT, 'utf8'));
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`);
process.exit(failed.length > 0 ? 1 : 0);
