import { parseJson } from '../../core/config/parse-json.js';
import type { CheckpointManifest } from '../../core/domain/checkpoint.js';
import type { RecordedControlEvent, Run } from '../../core/domain/run.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { IterationRecord, Ledger, RecordedPolicyVersion } from '../../core/ledger/ledger.js';
import { isGoodToCheckpoint } from '../health/non-finite.js';
import { updateRecordSchema } from '../update/update-record.js';
import type { UpdateRecord } from '../update/update-record.js';

/** What a run left behind that its updates can be recomputed from. */
export interface RunHistory {
  readonly run: Pick<Run, 'id' | 'seed'>;
  /** In order, from 0. */
  readonly iterations: readonly IterationRecord[];
  readonly versions: readonly RecordedPolicyVersion[];
  readonly controls: readonly RecordedControlEvent[];
  /** Oldest first. Their files may be gone. */
  readonly checkpoints: readonly CheckpointManifest[];
  /** Iterations from one checkpoint to the next. */
  readonly checkpointsEvery: number;
  readonly artifacts: ArtifactStore;
}

/** Reads all but the stored inputs themselves. */
export async function readRunHistory(
  run: Pick<Run, 'id' | 'seed'>,
  { ledger, artifacts }: { readonly ledger: Ledger; readonly artifacts: ArtifactStore },
  checkpointsEvery: number,
): Promise<RunHistory> {
  const [iterations, versions, controls, checkpoints] = await Promise.all([
    ledger.iterations(run.id),
    ledger.policyVersions(run.id),
    ledger.controlEvents(run.id),
    ledger.checkpoints(run.id),
  ]);
  return { run, iterations, versions, controls, checkpoints, checkpointsEvery, artifacts };
}

/** The journal's entry of an iteration; one that the run did not finish is a BadInputError. */
export function iterationOf({ run, iterations }: RunHistory, iteration: number): IterationRecord {
  const record = iterations.find((known) => known.iteration === iteration);
  if (record !== undefined) return record;
  throw new BadInputError({
    source: `run ${run.id}`,
    place: 'iteration',
    found: String(iteration),
    allowed:
      iterations.length === 0
        ? 'an iteration that the run finished; it finished none yet'
        : `an iteration that the run finished: 0 to ${iterations.length - 1}`,
  });
}

/** A version that the run recorded. */
export function versionOf({ run, versions }: RunHistory, version: number): RecordedPolicyVersion {
  const found = versions.find((known) => known.version === version);
  if (found !== undefined) return found;
  throw new MajlisError(`run ${run.id} has no policy version ${version}`, { code: 'data_loss' });
}

/** What the update of an iteration consumed and produced; a payload that is gone is `not_found`. */
export async function readUpdate(
  { artifacts }: Pick<RunHistory, 'artifacts'>,
  { iteration, inputsHash }: IterationRecord,
): Promise<UpdateRecord> {
  const text = new TextDecoder().decode(await artifacts.get(inputsHash));
  return parseJson(text, updateRecordSchema, { source: `update record of iteration ${iteration}` });
}

/** The version that stood after an iteration's update. */
export function versionAfter(history: RunHistory, record: UpdateRecord): RecordedPolicyVersion {
  const { policyVersion } = iterationOf(history, record.iteration);
  const hasMoved = record.policySteps.some(({ skipped }) => !skipped);
  return versionOf(history, hasMoved ? policyVersion + 1 : policyVersion);
}

/** The versions that the policy went back to before this iteration, in order. */
export function rollbacksBefore(history: RunHistory, iteration: number): RecordedPolicyVersion[] {
  return history.controls.flatMap(({ event, effectiveAt }) => {
    if (effectiveAt !== iteration || event.kind !== 'roll_back') return [];
    return 'policyVersion' in event.to ? [versionOf(history, event.to.policyVersion)] : [];
  });
}

/** Whether the run saved itself before this iteration, also where that checkpoint was removed since. */
export function wasCheckpointedBefore(history: RunHistory, iteration: number): boolean {
  if (iteration === 0 || iteration % history.checkpointsEvery !== 0) return false;
  return isGoodToCheckpoint(iterationOf(history, iteration - 1).metrics);
}
