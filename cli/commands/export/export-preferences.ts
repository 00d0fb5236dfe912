import { dirname, resolve } from 'node:path';
import { makeFolderDurably, writeDurably } from '../../../core/runtime/durable-file.js';
import type { Preference } from '../../../core/domain/preference.js';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { withRun } from '../open-ledger.js';
import type { CommandResult } from '../session.js';

export interface ExportRequest {
  readonly workspace: string;
  readonly run: string;
  /** The file to write; an older one of that name is replaced whole. */
  readonly out: string;
}

/** Writes a run's preferences as JSON lines in TRL's explicit-prompt preference format, in the order of the ledger. */
export async function exportPreferences(request: ExportRequest, clock: Clock): Promise<CommandResult> {
  const preferences = await withRun(request, clock, (ledger, run) => ledger.preferences(run.id));
  if (preferences.length === 0) {
    throw new MajlisError(`run ${request.run} has recorded no preferences, so there is nothing to export`, {
      code: 'failed_precondition',
    });
  }
  const lines = preferences.map((preference) => `${JSON.stringify(preferenceLine(preference))}\n`);
  const out = resolve(request.out);
  try {
    await makeFolderDurably(dirname(out));
    await writeDurably(out, Buffer.from(lines.join(''), 'utf8'));
  } catch (thrown) {
    const message = `${request.out} cannot be written (${MajlisError.from(thrown).message})`;
    throw new MajlisError(message, { code: 'failed_precondition', cause: thrown });
  }
  const text = `${preferences.length} preferences written to ${request.out}`;
  return { json: { run: request.run, file: out, preferences: preferences.length }, text };
}

/**
 * One line of the export. `prompt`, `chosen` and `rejected` are TRL's columns; the others let a trainer weigh a pair:
 * `probability` that the chosen answer is the better one, in [0.5, 1], and `weight`, of which the pairs of one prompt
 * share 1. An even pair has its first answer chosen.
 */
export function preferenceLine({
  pair,
  probabilityFirst,
  weight,
  rubricHash,
}: Preference): Readonly<Record<string, string | number>> {
  const firstWins = probabilityFirst >= 0.5;
  return {
    prompt: pair.prompt.text,
    chosen: firstWins ? pair.first : pair.second,
    rejected: firstWins ? pair.second : pair.first,
    probability: firstWins ? probabilityFirst : 1 - probabilityFirst,
    weight,
    rubric_hash: rubricHash,
  };
}
