import { BadInputError } from '../../../../core/errors.js';
import { withControlOf, type ControlPlace } from '../../../control/with-control.js';
import type { CommandResult } from '../../session.js';
import { outcomeJson, outcomeText } from '../../steer/describe-outcome.js';
import { askForRubric, type AskedRun } from '../ask-for-rubric.js';
import { showShadow } from './show-shadow.js';

/** What the command line says; one of the first three. */
export interface ShadowRequest {
  /** A shipped rubric's id, or a file: score it beside the one in force. */
  readonly rubric?: string | undefined;
  /** Score none any more. */
  readonly stop?: boolean | undefined;
  /** Print what it has told so far. */
  readonly show?: boolean | undefined;
  /** The rubric takes effect before this iteration; before the next one unless told. */
  readonly at?: number | undefined;
}

/** Has a candidate rubric scored beside the one in force, ends that, or shows what came of it. */
export async function shadowRubric(place: AskedRun, request: ShadowRequest): Promise<CommandResult> {
  const { rubric, stop, show, at } = requireOne(request);
  if (show === true) return showShadow(place);
  if (stop === true) return stopShadow(place);
  const named = { rubric: rubric ?? '', ...(at === undefined ? {} : { iteration: at }) };
  return askForRubric(place, named, (control, run, candidate) => control.shadowRubric(run, candidate));
}

async function stopShadow(place: ControlPlace & { readonly run: string }): Promise<CommandResult> {
  const outcome = await withControlOf(place, (control, run) => control.stopShadow(run));
  return { json: outcomeJson(outcome), text: outcomeText(outcome) };
}

function requireOne(request: ShadowRequest): ShadowRequest {
  const { rubric, stop, show, at } = request;
  const given = [
    ...(rubric === undefined ? [] : ['RUBRIC']),
    ...(stop === true ? ['--stop'] : []),
    ...(show === true ? ['--show'] : []),
  ];
  const found = [...given, ...(at === undefined || rubric !== undefined ? [] : ['--at'])];
  if (given.length === 1 && found.length === 1) return request;
  throw new BadInputError({
    source: 'command line',
    found: found.length === 0 ? 'neither RUBRIC nor --stop nor --show' : found.join(' and '),
    allowed: 'RUBRIC, with or without --at; or --stop; or --show',
  });
}
