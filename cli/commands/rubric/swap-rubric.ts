import { z } from 'zod';
import { parseJson } from '../../../core/config/parse-json.js';
import type { Run } from '../../../core/domain/run.js';
import { mayControl } from '../../../core/domain/run-state.js';
import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import type { Ledger } from '../../../core/ledger/ledger.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { ledgerFile, withRun } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { findRubric } from './find-rubric.js';

export interface SwapRequest {
  readonly workspace: string;
  readonly run: string;
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  /** Takes effect before this iteration; before the next one unless told. */
  readonly iteration?: number;
}

/**
 * Writes into the ledger that a run changes its rubric at an iteration boundary. A coordinator that is at work owns
 * the ledger alone, and a stopped run cannot be continued yet, so in this version no run takes what is written here.
 */
export async function swapRubric(request: SwapRequest, clock: Clock): Promise<CommandResult> {
  const rubric = await findRubric(request.rubric);
  try {
    return await withRun(request, clock, (ledger, run) => append(request, { ledger, run, rubric }));
  } catch (thrown) {
    throw explained(thrown, request);
  }
}

async function append(
  request: SwapRequest,
  { ledger, run, rubric }: { ledger: Ledger; run: Run; rubric: Rubric },
): Promise<CommandResult> {
  requireUnfinished(run);
  requireSameLanguage(run, rubric, request.rubric);
  const iteration = request.iteration ?? (await ledger.iterations(run.id)).length;
  await ledger.requestControl(run.id, { kind: 'swap_rubric', rubricHash: rubric.hash, iteration });
  return {
    json: { run: run.id, rubric: rubric.id, rubricHash: rubric.hash, iteration },
    text:
      `Recorded for ${run.id}: rubric ${rubric.id} (${rubric.hash}) from iteration ${iteration} on. ` +
      'A run takes it when it continues from this ledger, which this version cannot do yet.',
  };
}

function requireUnfinished({ id, state }: Run): void {
  if (mayControl(state, 'swap_rubric')) return;
  throw new MajlisError(
    `run ${id} is ${state}, so it takes no more rubrics; start another with "majlis run"`,
    {
      code: 'failed_precondition',
    },
  );
}

/** Judging answers in one language by a rubric for another would be noise. */
function requireSameLanguage(run: Run, rubric: Rubric, source: string): void {
  const where = { source: `config of run ${run.id}` };
  const { locale } = parseJson(run.config, z.object({ locale: z.string() }), where);
  const language = (tag: string): string => new Intl.Locale(tag).language;
  if (language(locale) === language(rubric.locale)) return;
  throw new BadInputError({
    source,
    place: 'locale',
    found: JSON.stringify(rubric.locale),
    allowed: `a rubric for ${locale}, the locale of run ${run.id}`,
  });
}

function explained(thrown: unknown, { workspace }: SwapRequest): unknown {
  const isLocked = thrown instanceof MajlisError && thrown.message.includes('already open');
  if (!isLocked) return thrown;
  return new MajlisError(
    `a process at work holds ${ledgerFile(workspace)}, so no swap can be written into it; ` +
      'name the swap in the run file (swap: { rubric, iteration }) before the quickstart starts',
    { code: 'failed_precondition', cause: thrown },
  );
}
