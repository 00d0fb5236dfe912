import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SegmentReadings } from '../../artifacts/segment-readings.js';
import { systemCode } from '../../runtime/storage-error.js';
import { MajlisError } from '../../errors.js';
import { sha256 as hashOf } from '../../runtime/content-hash.js';
import type { CheckpointManifest } from '../../domain/checkpoint.js';
import type { ExclusiveDatabase } from '../../database/exclusive-database.js';
import { storedJson } from '../../database/stored-json.js';
import { checkpointManifest } from '../stored-records.js';
import type { LedgerCheck } from './ledger-check.js';
import { check } from './record-checks.js';

const payloadRow = z.object({ hash: z.string(), owner: z.string() });
const checkpointRow = z.object({ run: z.string(), manifest: storedJson(checkpointManifest) });

/** Payloads that retention did not release, with what they belong to. */
const REFERENCED = `
  SELECT payload_hash AS hash, 'the result of task ' || id || ' of run ' || tasks.run AS owner FROM tasks
    LEFT JOIN released_payloads USING (run, iteration) WHERE payload_hash IS NOT NULL AND released_payloads.run IS NULL
  UNION ALL
  SELECT inputs_hash, 'the inputs of iteration ' || iteration || ' of run ' || iterations.run FROM iterations
    LEFT JOIN released_payloads USING (run, iteration) WHERE released_payloads.run IS NULL`;

/**
 * Whether the files that the ledger names are there and whole: payloads in the segments, checkpoints in their folders.
 * Without the segments of its workspace a ledger is a backup, and its files are not looked for.
 */
export async function fileChecks(database: ExclusiveDatabase, segments: string): Promise<LedgerCheck[]> {
  if (!existsSync(segments)) {
    const found = `there is no ${segments} beside the ledger`;
    return ['segments', 'payloads', 'checkpoint files'].map((name) => ({ name, status: 'skipped', found }));
  }
  const readings = await SegmentReadings.read(segments);
  return [segmentCheck(readings), await payloadCheck(database, readings), await checkpointCheck(database)];
}

/** A record that the file ends within was never acknowledged, so that it alone is no fault. */
function segmentCheck({ tails, files }: SegmentReadings): LedgerCheck {
  const damaged = tails.filter(({ kind }) => kind === 'damaged');
  const problems = damaged.map(({ path, offset }) => `${path} is damaged at byte ${offset}`);
  const cut = tails.filter(({ kind }) => kind === 'truncated').map(describeCut);
  const found = [`${files} files of payloads can be read`, ...cut].join('; ');
  return check('segments', found, problems);
}

function describeCut({ path, offset }: { readonly path: string; readonly offset: number }): string {
  return `${path} ends within the record at byte ${offset}`;
}

async function payloadCheck(database: ExclusiveDatabase, readings: SegmentReadings): Promise<LedgerCheck> {
  const referenced = database.select(payloadRow, REFERENCED);
  const found = await readings.problemsOf(referenced.map(({ hash }) => hash));
  const problems = referenced.flatMap(({ hash, owner }) => {
    const problem = found.get(hash);
    return problem === undefined ? [] : [`${owner}: ${problem}`];
  });
  const hints =
    problems.length === 0 ? [] : readings.tails.filter(({ kind }) => kind === 'truncated').map(describeCut);
  return check('payloads', 'every payload that was not released is there and whole', [...hints, ...problems]);
}

async function checkpointCheck(database: ExclusiveDatabase): Promise<LedgerCheck> {
  const query = 'SELECT run, manifest FROM checkpoints WHERE forgotten = 0 ORDER BY run, iteration';
  const problems: string[] = [];
  for (const { run, manifest } of database.select(checkpointRow, query)) {
    const problem = await problemOfCheckpoint(manifest);
    if (problem !== undefined) {
      problems.push(`the checkpoint before iteration ${manifest.iteration} of run ${run}: ${problem}`);
    }
  }
  return check('checkpoint files', 'every checkpoint that was not forgotten is there and whole', problems);
}

async function problemOfCheckpoint({ policy, critic }: CheckpointManifest): Promise<string | undefined> {
  for (const { directory, sha256 } of critic === undefined ? [policy] : [policy, critic]) {
    try {
      const hashes = await hashesIn(directory);
      if (!hashes.includes(sha256)) return `no file in ${directory} has the sha256 ${sha256}`;
    } catch (thrown) {
      return `${directory} cannot be read (${systemCode(thrown) ?? MajlisError.from(thrown).message})`;
    }
  }
  return undefined;
}

async function hashesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(async ({ name }) => hashOf(await readFile(join(directory, name)))));
}
