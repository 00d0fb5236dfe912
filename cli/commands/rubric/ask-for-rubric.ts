import type { ControlOutcome, RubricRequest } from '../../../coordinator/control/run-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';
import { storeRubric } from '../../control/stored-rubrics.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
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
  const cost = await swapCost(place, rubric);
  const described = { rubric: rubric.id, rubricHash: rubric.hash, cost: cost ?? null };
  if (dryRun) return { json: described, text: swapCostText(cost) };
  if (cost !== undefined) place.terminal.say(swapCostText(cost));
  return withControlOf(place, async (control, run) => {
    await storeRubric(place.workspace, rubric);
    const when = iteration === undefined ? {} : { iteration };
    const outcome = await ask(control, run, { rubric: rubric.hash, ...when });
    return {
      json: { ...outcomeJson(outcome), ...described },
      text: `${rubric.id} ${rubric.version} for ${outcomeText(outcome)}`,
    };
  });
}
