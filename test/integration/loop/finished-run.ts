import type { CheckpointManifest } from '../../../core/domain/checkpoint.js';
import type { RecordedControlEvent } from '../../../core/domain/run.js';
import type { IterationRecord, RecordedPolicyVersion, TaskRecord } from '../../../core/ledger/ledger.js';
import type { LoopRig } from '../../support/loop-rig.js';

/** What a run leaves in its ledger that does not depend on when it was stopped, or how often. */
export interface FinishedRun {
  readonly journal: readonly IterationRecord[];
  readonly policies: readonly RecordedPolicyVersion[];
  readonly control: readonly RecordedControlEvent[];
  /** Without the folders of their models. */
  readonly checkpoints: readonly (Omit<CheckpointManifest, 'policy' | 'critic'> & {
    readonly models: readonly (string | number | undefined)[];
  })[];
  readonly tasks: readonly (readonly [string, TaskRecord['state']])[];
}

/** Folders of checkpoints carry the epoch that wrote them, and a task may have been issued again; the rest is compared. */
export async function finishedRun({ ledger, run }: LoopRig): Promise<FinishedRun> {
  const manifests = await ledger.checkpoints(run);
  return {
    journal: await ledger.iterations(run),
    policies: await ledger.policyVersions(run),
    control: await ledger.controlEvents(run),
    checkpoints: manifests.map(({ policy, critic, ...manifest }) => ({
      ...manifest,
      models: [policy.sha256, policy.step, critic?.sha256, critic?.step],
    })),
    tasks: (await ledger.tasks(run)).map(({ id, state }) => [id, state]),
  };
}

/** Results that the ledger has accepted. */
export async function acceptedResults({ ledger, run }: LoopRig, iterations: number): Promise<number> {
  let accepted = 0;
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    accepted += (await ledger.results(run, iteration)).length;
  }
  return accepted;
}
