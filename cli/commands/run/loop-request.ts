import type { QuickstartOptions } from '../../pipeline/quickstart.js';
import type { Session } from '../session.js';
import { stoppableProgress } from '../stoppable-progress.js';
import { checkEndpoint, judgeEndpoint } from './judge-endpoint.js';
import { metricsChoice, placesOf, type LoopOptions } from './loop-options.js';
import { readCheckedInputs } from './read-checked-inputs.js';

/** What to run, and where. */
export interface LoopPlace extends LoopOptions {
  readonly runFile: string;
  readonly prompts?: string;
  readonly workspace: string;
}

/**
 * The flags as the pipeline takes them. Every input is read and the judge endpoint asked once before anything is
 * started, so that bad input costs nothing and touches nothing that is stored.
 */
export async function loopRequest(place: LoopPlace, session: Session): Promise<QuickstartOptions> {
  const { runFile, prompts, workspace, seed, workers } = place;
  const { signal, environment } = session;
  const endpoint = await judgeEndpoint(place, environment);
  const { rubrics } = await readCheckedInputs(runFile, prompts);
  if (endpoint !== undefined) await checkEndpoint(endpoint, rubrics.first.members[0].rubric, signal);
  return {
    runFile,
    workspace,
    workers,
    onProgress: stoppableProgress(session),
    signal,
    metrics: metricsChoice(place, environment),
    ...placesOf(place),
    ...(seed === undefined ? {} : { seed }),
    ...(prompts === undefined ? {} : { prompts }),
    ...(endpoint === undefined ? {} : { judge: endpoint }),
  };
}
