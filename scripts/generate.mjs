// Generates proto/gen from proto/**/*.proto, offline and without protoc.
//
//   node scripts/generate.mjs             rewrites proto/gen
//   node scripts/generate.mjs --check     changes nothing; fails when a rule is broken or proto/gen is out of date
//   node scripts/generate.mjs --baseline  makes today's messages the ones that later changes must not break
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const protoFolder = join(root, 'proto');
const healthProtos = join(root, 'node_modules', 'grpc-health-check', 'proto');
const REGENERATE = 'node scripts/generate.mjs';

class Failure extends Error {}

/** Runs buf in proto/. A non-zero exit is a Failure whose sentence names the fix. */
function buf(args, fix) {
  const run = spawnSync(join(root, 'node_modules', '.bin', 'buf'), args, {
    cwd: protoFolder,
    encoding: 'utf8',
  });
  if (run.error) throw new Failure(`buf did not start (${run.error.message}); run: npm ci`);
  if (run.status !== 0) {
    throw new Failure(`buf ${args[0]} failed:\n${run.stdout}${run.stderr}${fix}`);
  }
}

function buildImage(source, output) {
  buf(
    ['build', source, '--exclude-source-info', '--as-file-descriptor-set', '-o', output],
    'fix the file named above',
  );
  return readFileSync(output);
}

/** Writes `<folder>/gen`: the TypeScript and the descriptors that reflection serves. */
function generate(folder) {
  const scratch = mkdtempSync(join(tmpdir(), 'majlis-descriptors-'));
  try {
    buf(['generate', '-o', folder], 'fix the file named above');
    // Two encoded descriptor sets put one after the other are the encoding of both: protobuf merges repeated fields.
    const own = buildImage('.', join(scratch, 'own.binpb'));
    const health = buildImage(healthProtos, join(scratch, 'health.binpb'));
    writeFileSync(join(folder, 'gen', 'descriptors.binpb'), Buffer.concat([own, health]));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

function contentOf(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names of files that differ, are missing or are left over in proto/gen. */
function staleFiles() {
  const scratch = mkdtempSync(join(tmpdir(), 'majlis-generate-'));
  try {
    generate(scratch);
    const fresh = join(scratch, 'gen');
    const committed = join(protoFolder, 'gen');
    const names = new Set([...filesUnder(fresh), ...filesUnder(committed)]);
    return [...names].sort().filter((name) => {
      const [expected, found] = [contentOf(join(fresh, name)), contentOf(join(committed, name))];
      return expected === undefined || found === undefined || !expected.equals(found);
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkGenerated() {
  const stale = staleFiles();
  if (stale.length === 0) return;
  const names = stale.map((name) => `proto/gen/${name}`).join(', ');
  throw new Failure(`not what the .proto files generate: ${names}; run: ${REGENERATE}`);
}

const CHECKS = [
  () => buf(['lint'], 'fix the lines named above'),
  () => buf(['format', '-d', '--exit-code'], 'run: cd proto && npx buf format -w'),
  () =>
    buf(
      ['breaking', '--against', 'baseline.binpb'],
      'keep the old field and add a new one; where no peer speaks the old form yet, run: node scripts/generate.mjs --baseline',
    ),
  checkGenerated,
];

function check() {
  const failures = CHECKS.flatMap((one) => {
    try {
      one();
      return [];
    } catch (error) {
      if (error instanceof Failure) return [error.message];
      throw error;
    }
  });
  if (failures.length > 0) throw new Failure(failures.join('\n'));
}

const modes = new Map([
  [undefined, () => generate(protoFolder)],
  ['--check', check],
  ['--baseline', () => buildImage('.', join(protoFolder, 'baseline.binpb'))],
]);

const mode = modes.get(process.argv[2]);
if (mode === undefined) {
  console.error(`found the option ${process.argv[2]}; allowed: --check, --baseline or none`);
  process.exit(2);
}
try {
  mode();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(1);
}
