import { readFile } from 'node:fs/promises';
import type { Run } from '../../core/domain/run.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { RunRequest } from '../../coordinator/control/run-control.js';
import type { ArmName } from '../../workers/evaluation/arm-figures.js';
import { enterRun } from './enter-run.js';
import { newRunId } from './experiment.js';
import { fingerprintsOf } from './fingerprints.js';
import { readRunInputs, withSeed } from './run-inputs.js';
import { loadRunRubrics } from './run-rubrics.js';
import type { Workspace } from './workspace.js';

const ARMS: readonly ArmName[] = ['rubricA'];

/**
 * Checks all that a run file names and queues a run of it; asking again under the same id changes nothing. The files
 * are read where the request says they are, so the text has to be what stands there.
 */
export async function queueRun(request: RunRequest, workspace: Workspace): Promise<Run> {
  const { source, seed } = request;
  await requireSameText(request);
  const inputs = withSeed(await readRunInputs(source), seed);
  if (inputs.config.trainer !== undefined || inputs.config.engine !== undefined) {
    const allowed = 'neither, where a run is queued; start it with majlis run or majlis up';
    throw new BadInputError({ source, found: 'a trainer or an engine of its own', allowed });
  }
  const rubrics = await loadRunRubrics(source, inputs);
  const id = request.run ?? newRunId(inputs.config.name, workspace.clock);
  const known = await workspace.ledger.getRun(id);
  if (known !== undefined) return known;
  const { fingerprint } = await workspace.trainer.capabilities();
  const fingerprints = fingerprintsOf(inputs, rubrics, fingerprint);
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
