import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import type { ControlOutcome, RubricRequest } from '../../../coordinator/control/run-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';
import { storeRubric } from '../../control/stored-rubrics.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
import { isRubricId } from '../../pipeline/rubric-file.js';
import type { CommandResult, Session } from '../session.js';
import { outcomeJson, outcomeText } from '../steer/describe-outcome.js';
import { findRubric } from './find-rubric.js';
import { swapCost } from './swap/swap-cost.js';
import { swapCostText } from './swap/swap-cost-text.js';

export interface NamedRubric {
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  /** Takes effect before this iteration; before the next one unless told. */
  readonly iteration?: number;
  /** Says what it would take, and asks nothing. */
  readonly dryRun?: boolean;
}

/** A run, and where a person reads what is said before it is asked. */
export interface AskedRun extends ControlPlace {
  readonly run: string;
  readonly terminal: Pick<Session['terminal'], 'say'>;
}

/** What is asked of a run with a rubric. */
export type AskWithRubric = (
  control: RunControlClient,
  run: string,
  request: RubricRequest,
) => Promise<ControlOutcome>;

/**
 * Says what judging under a rubric takes, then asks of a run what takes effect at an iteration boundary. The rubric's content
 * is kept in the workspace first: the ledger names it by hash alone.
 */
export async function askForRubric(
  place: AskedRun,
  { rubric: name, iteration, dryRun = false }: NamedRubric,
  ask: AskWithRubric,
): Promise<CommandResult> {
  const rubric = await findRubric(name);
  if (place.remote !== undefined) return askElsewhere(place, { rubric, name, iteration, dryRun }, ask);
  const cost = await swapCost(place, rubric);
  const described = { rubric: rubric.id, rubricHash: rubric.hash, cost: cost ?? null };
  if (dryRun) return { json: described, text: swapCostText(cost) };
  if (cost !== undefined) place.terminal.say(swapCostText(cost));
  return withControlOf(place, async (control, run) => {
    await storeRubric(place.workspace, rubric);
    const outcome = await ask(control, run, { rubric: rubric.hash, ...whenOf(iteration) });
    return {
      json: { ...outcomeJson(outcome), ...described },
      text: `${rubric.id} ${rubric.version} for ${outcomeText(outcome)}`,
    };
  });
}

interface Elsewhere {
  readonly rubric: Rubric;
  readonly name: string;
  readonly iteration: number | undefined;
  readonly dryRun: boolean;
}

/**
 * The same of a coordinator on another machine, which has the run's pairs and its own rubrics: a shipped one is named by its
 * id, one of a file by its hash. What judging takes is told there.
 */
async function askElsewhere(
  place: AskedRun,
  { rubric, name, iteration, dryRun }: Elsewhere,
  ask: AskWithRubric,
): Promise<CommandResult> {
  if (dryRun) {
    const allowed = 'it on the machine of the workspace, whose pairs it counts';
    throw new BadInputError({ source: '--dry-run', found: 'it with --coordinator', allowed });
  }
  const named = isRubricId(name) ? name : rubric.hash;
  return withControlOf(place, async (control, run) => {
    const outcome = await ask(control, run, { rubric: named, ...whenOf(iteration) });
    return {
      json: { ...outcomeJson(outcome), rubric: rubric.id, rubricHash: rubric.hash },
      text: `${rubric.id} for ${outcomeText(outcome)}`,
    };
  });
}

function whenOf(iteration: number | undefined): { readonly iteration?: number } {
  return iteration === undefined ? {} : { iteration };
}
