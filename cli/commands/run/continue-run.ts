import { BadInputError } from '../../../core/errors.js';
import type { FleetFlags } from '../../fleet/open-fleet.js';
import { withServing } from '../../fleet/with-serving.js';
import type { CommandResult, Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { endedRun } from './ended-run.js';
import { judgeEndpoint } from './judge-endpoint.js';
import { metricsChoice, placesOf, type LoopOptions } from './loop-options.js';

/** Goes on with an interrupted run and prints its report. */
export async function continueRun(
  run: string,
  options: LoopOptions & FleetFlags & { readonly workspace: string; readonly prompts?: string },
  session: Session,
): Promise<CommandResult> {
  const { findRunRecord } = await import('../../pipeline/run-record.js');
  const pipeline = await import('../../pipeline/continue-run.js');
  const { workspace, workers, seed, prompts } = options;
  const fixed = Object.entries({ '--seed': seed, '--prompts': prompts }).find(
    ([, value]) => value !== undefined,
  );
  if (fixed !== undefined) {
    const allowed = 'no such flag: the run goes on with what it began with';
    throw new BadInputError({ source: 'run --continue', found: fixed[0], allowed });
  }
  const found = await findRunRecord(workspace, run);
  const { judge } = found.record;
  const asked = judge === undefined ? options : { ...options, judge: judge.url, judgeModel: judge.model };
  const endpoint = await judgeEndpoint(asked, session.environment);
  const { signal } = session;
  const going = {
    ...{ workspace, workers, signal, onProgress: stoppableProgress(session) },
    metrics: metricsChoice(options, session.environment),
    ...placesOf(options),
    ...(endpoint === undefined ? {} : { judge: endpoint }),
  };
  return endedRun(
    await withServing(options, session, (serving) => pipeline.continueRun(found, { ...going, ...serving })),
  );
}
