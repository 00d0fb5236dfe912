import { dirname, resolve } from 'node:path';
import { isParquet } from '../../../core/config/read-rows.js';
import type { Preference } from '../../../core/domain/preference.js';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { makeFolderDurably, writeDurably } from '../../../core/runtime/durable-file.js';
import { withRun } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { parquetOfRows } from './parquet-of-rows.js';
import { preferenceRow, type PreferenceRow, type PreferenceRowOptions } from './preference-row.js';

export interface ExportRequest extends PreferenceRowOptions {
  readonly workspace: string;
  readonly run: string;
  /** The file to write, Parquet or JSON lines by its extension; an older one of that name is replaced whole. */
  readonly out: string;
  /** Whether even pairs are written too: a trainer that knows no ties learns from them that one answer is better. */
  readonly hasTies: boolean;
}

/** Writes a run's preferences in TRL's explicit-prompt preference format, in the order of the ledger. */
export async function exportPreferences(request: ExportRequest, clock: Clock): Promise<CommandResult> {
  const { run, out, format, hasTies } = request;
  const all = await withRun(request, clock, (ledger, { id }) => ledger.preferences(id));
  const kept = hasTies ? all : all.filter(({ probabilityFirst }) => probabilityFirst !== 0.5);
  if (kept.length === 0) throw nothingToExport(run, all);
  const rows = kept.map((preference) => preferenceRow(preference, request));
  await writeRows(out, rows);
  const left = all.length - kept.length;
  const text =
    `${kept.length} preferences written to ${out}` +
    (left === 0 ? '' : `; ${left} even ${left === 1 ? 'pair' : 'pairs'} left out, --ties keeps them`);
  return {
    json: { run, file: resolve(out), format, preferences: kept.length, tiesLeftOut: left },
    text,
  };
}

function nothingToExport(run: string, all: readonly Preference[]): MajlisError {
  const why =
    all.length === 0
      ? 'has recorded no preferences'
      : `has ${all.length} preferences, all of them even (--ties writes them)`;
  return new MajlisError(`run ${run} ${why}, so there is nothing to export`, { code: 'failed_precondition' });
}

async function writeRows(path: string, rows: readonly PreferenceRow[]): Promise<void> {
  const bytes = isParquet(path)
    ? await parquetOfRows(rows)
    : Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'utf8');
  try {
    await makeFolderDurably(dirname(resolve(path)));
    await writeDurably(resolve(path), bytes);
  } catch (thrown) {
    const message = `${path} cannot be written (${MajlisError.from(thrown).message})`;
    throw new MajlisError(message, { code: 'failed_precondition', cause: thrown });
  }
}
