import { z } from 'zod';
import { readRows } from '../../../../core/config/read-rows.js';
import type { AnswerPair } from '../../../../core/domain/preference.js';
import { BadInputError } from '../../../../core/errors.js';
import type { Clock } from '../../../../core/runtime/clock.js';
import { OfflineRunControl } from '../../../control/offline-run-control.js';
import { resolveRun } from '../../../control/resolve-run.js';
import { withLedgerCopy } from '../../replay/ledger-copy.js';

/** Where the pairs are: a file of JSON lines or Parquet, or what a run has stored. */
export interface PairsSource {
  readonly workspace: string;
  readonly clock: Clock;
  readonly pairs?: string | undefined;
  /** A run's id, or as much of it as no other run has. */
  readonly run?: string | undefined;
}

const text = z.string().trim().min(1);
const pairSchema = z.strictObject({
  prompt: text,
  first: z.string(),
  second: z.string(),
  id: text.exactOptional(),
  category: text.exactOptional(),
});

/** The pairs to compare rubrics on, each once. Prompts of a file are in the given locale. */
export async function pairsToCompare(source: PairsSource, locale: string): Promise<readonly AnswerPair[]> {
  const { pairs, run } = source;
  if (pairs !== undefined && run === undefined) return pairsOfFile(pairs, locale);
  if (run !== undefined && pairs === undefined) return pairsOfRun(source, run);
  throw new BadInputError({
    source: 'command line',
    found: pairs === undefined ? 'neither --pairs nor --run' : 'both --pairs and --run',
    allowed: '--pairs FILE or --run RUN',
  });
}

async function pairsOfFile(file: string, locale: string): Promise<AnswerPair[]> {
  const rows = await readRows(file, pairSchema);
  return rows.map(({ id, prompt, first, second, category }, index) => {
    const name = id ?? `pair ${index + 1}`;
    return {
      ...{ id: name, first, second },
      prompt: { id: name, locale, text: prompt, ...(category === undefined ? {} : { category }) },
    };
  });
}

/** From a copy of the ledger, so that a run may be at work. A pair that was judged under several rubrics counts once. */
async function pairsOfRun({ workspace, clock }: PairsSource, given: string): Promise<AnswerPair[]> {
  const pairs = await withLedgerCopy(workspace, clock, async (ledger) => {
    const run = await resolveRun(new OfflineRunControl(ledger, { workspace, clock }), given);
    const preferences = await ledger.preferences(run);
    return new Map(preferences.map(({ pair }) => [pair.id, pair]));
  });
  if (pairs.size > 0) return [...pairs.values()];
  throw new BadInputError({
    source: `run ${given}`,
    found: 'no stored preferences',
    allowed: 'a run whose judges have been asked, or --pairs FILE',
  });
}
