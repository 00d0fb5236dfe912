import type { AlgorithmName } from '../../pipeline/algorithms.js';
import type { FleetFlags } from '../../fleet/open-fleet.js';
import { withServing } from '../../fleet/with-serving.js';
import type { CommandResult, Session } from '../session.js';
import { endedRun } from './ended-run.js';
import { loopRequest, type LoopPlace } from './loop-request.js';

/** Runs a run file to its end and prints the report. */
export async function startRun(
  { algorithms, ...options }: LoopPlace & FleetFlags & { readonly algorithms?: readonly AlgorithmName[] },
  session: Session,
): Promise<CommandResult> {
  const request = await loopRequest(options, session);
  const { singleRun } = await import('../../pipeline/single-run.js');
  const asked = { ...request, ...(algorithms === undefined ? {} : { algorithms }) };
  return endedRun(await withServing(options, session, (serving) => singleRun({ ...asked, ...serving })));
}
