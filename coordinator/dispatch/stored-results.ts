import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import type { TrajectoryGroup } from '../../core/domain/trajectory.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { decodeTrajectoryGroup } from '../../core/rpc/rollout-codec.js';
import { refusalOf } from './admission.js';
import type { OutstandingTasks } from './outstanding-tasks.js';

/**
 * Gives tasks the results that an earlier start of the run accepted: what is in the ledger is never generated again.
 * A stored result that does not fit its task is `data_loss`: the run is not the one that the ledger holds.
 */
export class StoredResults {
  constructor(
    private readonly ledger: Ledger,
    private readonly artifacts: ArtifactStore,
    private readonly engineFingerprint: string,
  ) {}

  /** Says whether an earlier start had begun the iteration. */
  async restore(run: string, iteration: number, outstanding: OutstandingTasks): Promise<boolean> {
    const [results, issued] = await Promise.all([
      this.ledger.results(run, iteration),
      this.ledger.outstandingTasks(run),
    ]);
    const groups = await Promise.all(
      results.map(async ({ payloadHash }) => decodeTrajectoryGroup(await this.artifacts.get(payloadHash))),
    );
    for (const group of groups) this.fulfil(group, outstanding);
    for (const { id, issue } of issued) outstanding.wasIssued(id, issue);
    return results.length > 0 || issued.length > 0;
  }

  private fulfil(group: TrajectoryGroup, outstanding: OutstandingTasks): void {
    const task = outstanding.find(group.taskId)?.task;
    const refusal =
      task === undefined
        ? 'the iteration has no such task'
        : refusalOf(group, task, this.engineFingerprint)?.message;
    if (refusal !== undefined) {
      throw new MajlisError(`stored result of task ${group.taskId} cannot be used: ${refusal}`, {
        code: 'data_loss',
      });
    }
    outstanding.fulfil(group.taskId, group);
  }
}
