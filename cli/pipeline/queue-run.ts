import { readFile } from 'node:fs/promises';
import type { Run } from '../../core/domain/run.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { RunRequest } from '../../coordinator/control/run-control.js';
import type { ArmName } from '../../workers/evaluation/arm-figures.js';
import { enterRun } from './enter-run.js';
import { newRunId } from './experiment.js';
import { fingerprintsOf } from './fingerprints.js';
import { readRunInputs, withSeed } from './run-inputs.js';
import type { RunInputs } from './run-inputs.js';
import { withRunPorts } from './run-ports.js';
import { loadRunRubrics } from './run-rubrics.js';
import type { Workspace } from './workspace.js';

const ARMS: readonly ArmName[] = ['rubricA'];

/**
 * Checks all that a run file names and queues a run of it; asking again under the same id changes nothing. The files
 * are read where the request says they are, so the text has to be what stands there. A trainer or an engine that it names
 * has to answer now: what a run is a function of holds what computes it.
 */
export async function queueRun(request: RunRequest, workspace: Workspace): Promise<Run> {
  const { source, seed } = request;
  await requireSameText(request);
  const inputs = withSeed(await readRunInputs(source), seed);
  const rubrics = await loadRunRubrics(source, inputs);
  const id = request.run ?? newRunId(inputs.config.name, workspace.clock);
  const known = await workspace.ledger.getRun(id);
  if (known !== undefined) return known;
  const fingerprints = fingerprintsOf(inputs, rubrics, await computingOf(inputs, source, workspace));
  await enterRun(workspace.ledger, {
    id,
    workspace: workspace.folder,
    arms: ARMS,
    inputs,
    fingerprints,
    runFile: source,
    ...(seed === undefined ? {} : { seed }),
  });
  const queued = await workspace.ledger.getRun(id);
  if (queued !== undefined) return queued;
  throw new MajlisError(`run ${id} was queued and is not in the ledger`, { code: 'internal' });
}

/** What samples and what trains, as the run will find them. The embedded engine is the embedded trainer's own build. */
async function computingOf(
  { config }: RunInputs,
  runFile: string,
  workspace: Workspace,
): Promise<{ readonly engine: string; readonly trainer: string }> {
  const { fingerprint } = await workspace.trainer.capabilities();
  const { signal } = new AbortController();
  return withRunPorts(workspace, { config, runFile, signal }, async (ports) => {
    const opened = config.engine === undefined ? [] : await ports.engines(1);
    await ports.closeEngines(opened);
    const [engine = { fingerprint }] = opened;
    return { engine: engine.fingerprint, trainer: (await ports.trainer.capabilities()).fingerprint };
  });
}

async function requireSameText({ runFile, source }: RunRequest): Promise<void> {
  const text = await readFile(source, 'utf8').catch((cause: unknown) => {
    const found = 'a path that this process cannot read';
    throw new BadInputError({ source, found, allowed: 'a run file on this machine' }, cause);
  });
  if (text === runFile) return;
  throw new BadInputError({
    source,
    found: 'another text than was sent',
    allowed: 'the run file as it stands there; save it and ask again',
  });
}
