import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { queryLedger } from '../../../core/ledger/snapshot/query-ledger.js';
import { verifyLedger } from '../../../core/ledger/verify/verify-ledger.js';
import { compiledModule } from '../../../core/runtime/package-root.js';
import { startLedgerScript } from '../../support/ledger-owner.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

const COPIES = 24;

/**
 * A coordinator that does nothing but write: iterations of 64 results of 2 KB with their payloads, journal entries with
 * checkpoints, control events. It says each iteration's number once it is on disk.
 */
const WRITER = `
  const { mkdirSync, writeFileSync, writeSync } = require('node:fs');
  const { SegmentArtifacts } = require(${JSON.stringify(compiledModule('core/artifacts/segment-artifacts'))});
  const { sha256 } = require(${JSON.stringify(compiledModule('core/runtime/content-hash'))});
  const folder = process.argv[2];
  const artifacts = await SegmentArtifacts.open({ folder: folder + '/segments', segmentBytes: 1e6 });
  const run = 'r';
  await ledger.createRun({ id: run, name: run, seed: 1, config: '{}', configHash: 'c', fingerprints: {} });
  await ledger.setRunState(run, 'running');
  await ledger.beginEpoch(run);
  await ledger.recordPolicyVersion(run, { version: 0, hash: 'h0', location: 'l' }, 'a');
  for (let iteration = 0; ; iteration += 1) {
    const ids = Array.from({ length: 64 }, (_, n) => iteration + '-' + n);
    await ledger.issueTasks(run, ids.map((id) => ({ id, iteration, issue: 1, deadlineMs: 9 })));
    const [dropped, ...consumed] = ids;
    await Promise.all(ids.map(async (taskId) => {
      const payloadHash = await artifacts.put(Buffer.alloc(2048, taskId + ' '));
      await ledger.acceptResults(run, [{ taskId, iteration, payloadHash }]);
    }));
    await ledger.endTasks(run, [{ iteration, id: dropped }], 'dropped');
    await ledger.requestControl(run, { kind: 'swap_rubric', rubricHash: 'b' });
    await ledger.stampControl(run, [iteration + 1], iteration);
    const directory = folder + '/checkpoints/' + iteration;
    mkdirSync(directory, { recursive: true });
    writeFileSync(directory + '/weights', directory);
    const inputsHash = await artifacts.put(Buffer.alloc(20000, iteration + ';'));
    const policy = { version: iteration + 1, hash: 'h' + (iteration + 1), location: 'l' };
    await ledger.completeIteration(run, {
      record: { iteration, policyVersion: iteration, rubricHash: 'b', rewardModelHash: 'm', inputsHash,
        controlSequence: iteration + 1, metrics: { kl: iteration } },
      consumed: consumed.map((id) => ({ iteration, id })), policy: { ...policy, rubricHash: 'b' },
      checkpoint: { iteration: iteration + 1, policyVersion: policy, rubricHash: 'b', policyHeldUntil: 0, rngSeed: 1,
        klController: { kind: 'fixed', coef: 1 }, policy: { directory, sha256: sha256(directory), step: iteration } },
    });
    if (iteration > 0) await ledger.forgetCheckpoints(run, [iteration]);
    writeFileSync(folder + '/acknowledged', String(iteration + 1));
    writeSync(1, iteration + '\\n');
  }`;

/** Makes copies at random instants, and says of each how many iterations had been acknowledged when it began. */
const COPIER = `
  const { copyLedger } = require(${JSON.stringify(compiledModule('core/ledger/snapshot/copy-ledger'))});
  const [source, folder] = process.argv.slice(1);
  (async () => {
    for (let copy = 0; copy < ${COPIES}; copy += 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
      const acknowledged = Number(require('node:fs').readFileSync(folder + '/../acknowledged', 'utf8'));
      await copyLedger(source, folder + '/copy-' + copy + '.sqlite');
      process.stdout.write(acknowledged + '\\n');
    }
  })();`;

describe('snapshots of a ledger under load', () => {
  const folder = useTemporaryFolder();
  const file = (): string => join(folder(), 'ledger.sqlite');
  let writer: ReturnType<typeof startLedgerScript>;
  let written = -1;

  beforeEach(async () => {
    written = -1;
    writer = startLedgerScript(file(), WRITER, folder());
    createInterface(writer.stdout).on('line', (line) => (written = Number(line)));
    while (written < 0 && writer.exitCode === null) await delay(10);
  });

  afterEach(async () => {
    if (writer.exitCode === null && writer.signalCode === null) {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
  });

  const failures = async (path: string) =>
    (await verifyLedger(path))
      .filter(({ status }) => status !== 'ok')
      .map(({ name, found }) => [name, found]);

  const iterationsIn = async (path: string) =>
    Number((await queryLedger(path, 'SELECT count(*) FROM v_iterations')).rows[0]?.[0]);

  it('taken at any moment pass every check, and hold all that was acknowledged before', async () => {
    const copies = join(folder(), 'copies');
    mkdirSync(copies);
    symlinkSync(join(folder(), 'segments'), join(copies, 'segments'));
    const copier = spawn(process.execPath, ['-e', COPIER, file(), copies], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: number[] = [];
    for await (const line of createInterface(copier.stdout)) acknowledged.push(Number(line));
    expect(acknowledged).toHaveLength(COPIES);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    expect(Math.max(...acknowledged)).toBeGreaterThan(20);
    for (const [copy, iterations] of acknowledged.entries()) {
      const path = join(copies, `copy-${copy}.sqlite`);
      expect([copy, await failures(path)]).toEqual([copy, []]);
      expect(await iterationsIn(path)).toBeGreaterThanOrEqual(iterations);
    }
  }, 120_000);

  it('made by copying the files that a kill -9 left pass every check', async () => {
    while (written < 10 && writer.exitCode === null) await delay(5);
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    const copy = join(folder(), 'copy.sqlite');
    copyFileSync(file(), copy);
    expect(existsSync(`${file()}-wal`)).toBe(true);
    copyFileSync(`${file()}-wal`, `${copy}-wal`);
    expect(await failures(copy)).toEqual([]);
    expect(await iterationsIn(copy)).toBeGreaterThan(written);
  }, 60_000);
});
