import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../core/config/parse-json.js';
import { runConfigSchema } from '../../core/config/run-config.js';
import { BadInputError } from '../../core/errors.js';
import { canonicalJson } from '../../core/runtime/content-hash.js';
import { makeFolderDurably, writeDurably } from '../../core/runtime/durable-file.js';
import { ARM_NAMES } from '../../workers/evaluation/arm-figures.js';

const RECORD_FILE = 'run.json';

const runRecordSchema = z.strictObject({
  format: z.literal('majlis-run/1'),
  /** The arms, in the order they are reported. */
  arms: z.array(z.enum(ARM_NAMES)),
  /** Absolute path of the run file. */
  runFile: z.string(),
  /** Absolute path of the prompt file that replaced the run file's. */
  prompts: z.string().exactOptional(),
  seed: z.int().exactOptional(),
  judge: z.strictObject({ url: z.string(), model: z.string() }).exactOptional(),
  config: runConfigSchema,
  fingerprints: z.record(z.string(), z.string()),
});

/** How a run was asked for and what it was made from: what `--continue` asks for again. */
export type RunRecord = z.infer<typeof runRecordSchema>;

/** Writes the record before the run does any work. */
export async function writeRunRecord(directory: string, record: RunRecord): Promise<void> {
  await makeFolderDurably(directory);
  await writeDurably(join(directory, RECORD_FILE), Buffer.from(canonicalJson(record)));
}

/** A run's own id and folder; arms of a quickstart are found under their experiment. */
export interface FoundRun {
  readonly id: string;
  readonly directory: string;
  readonly record: RunRecord;
}

/** The record of a run of this workspace; an unknown id is refused with those that are known. */
export async function findRunRecord(workspace: string, run: string): Promise<FoundRun> {
  const found = await readRunRecord(workspace, run);
  if (found !== undefined) return found;
  const runs = join(workspace, 'runs');
  const known = existsSync(runs)
    ? readdirSync(runs).filter((name) => existsSync(join(runs, name, RECORD_FILE)))
    : [];
  throw new BadInputError({
    source: '--continue',
    found: JSON.stringify(run),
    allowed: known.length === 0 ? `a run; ${workspace} has none` : `one of ${known.slice(-5).join(', ')}`,
  });
}

/** The same; undefined where the workspace has no record of that run. */
export async function readRunRecord(workspace: string, run: string): Promise<FoundRun | undefined> {
  const runs = join(workspace, 'runs');
  const id = run.replace(new RegExp(`-(${ARM_NAMES.join('|')})$`), '');
  const found = [run, id].find((name) => existsSync(join(runs, name, RECORD_FILE)));
  if (found === undefined) return undefined;
  const directory = join(runs, found);
  const source = join(directory, RECORD_FILE);
  return {
    id: found,
    directory,
    record: parseJson(await readFile(source, 'utf8'), runRecordSchema, { source }),
  };
}
