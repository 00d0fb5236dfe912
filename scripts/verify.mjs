// Every check of the project with its time. `npm run verify` and .ci/run call this and nothing else. What needs no test
// runs side by side, each check's output in one piece; the tests run after it, by themselves.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';

const REPORT = '.majlis/jest.json';

/** Each row in its order, beside the other rows. */
const rows = [
  [
    ['Python set-up', 'node', ['scripts/setup-python.mjs']],
    ['python package', 'node', ['scripts/check-python.mjs']],
  ],
  [
    ['generated code', 'node', ['scripts/generate.mjs', '--check']],
    ["the chart's page", 'node', ['scripts/chart-readme.mjs', '--check']],
    ['types', 'npx', ['tsc', '-b']],
    ['lint', 'npx', ['eslint', '.']],
  ],
  [
    ['browser set-up', 'node', ['scripts/setup-browser.mjs']],
    ['NATS set-up', 'node', ['scripts/setup-nats.mjs']],
    ['Helm set-up', 'node', ['scripts/setup-helm.mjs']],
    ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
    ['import walls', 'npm', ['run', '-s', 'walls']],
  ],
];
const tests = ['tests', 'npx', ['jest', '--json', `--outputFile=${REPORT}`]];

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(1);
}

/** Runs a check and gives its name if it failed. Its output is held back until its end, unless it runs by itself. */
async function run([name, command, args], { alone = false } = {}) {
  const start = performance.now();
  if (alone) console.log(`── ${name}`);
  const child = spawn(command, args, {
    stdio: alone ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  const status = await new Promise((resolve) => {
    child.on('error', ({ message }) => {
      output.push(Buffer.from(`${message}\n`));
      resolve(null);
    });
    child.on('close', resolve);
  });
  process.stdout.write(Buffer.concat(output));
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${seconds(start)} s`);
  return status === 0 ? [] : [name];
}

async function inOrder(row) {
  const failed = [];
  for (const check of row) failed.push(...(await run(check)));
  return failed;
}

mkdirSync('.majlis', { recursive: true });
// A report of an earlier time must never be taken for this one's.
rmSync(REPORT, { force: true });
const start = performance.now();
const failed = (await Promise.all(rows.map(inOrder))).flat();
if (failed.some((name) => name.endsWith('set-up'))) {
  console.error('With CI=true nothing may be skipped.');
  process.exit(1);
}
failed.push(...(await run(tests, { alone: true })));
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
