import { MajlisError } from '../../../core/errors.js';
import { metricsChoice, type ComputeOptions } from '../run/loop-options.js';
import type { CommandResult, Session } from '../session.js';
import type { FleetFlags } from '../../fleet/open-fleet.js';
import { withServing } from '../../fleet/with-serving.js';
import type { ExperimentEnd } from '../../pipeline/experiment.js';
import { stoppableProgress } from '../stoppable-progress.js';

export interface ServeWorkspaceOptions extends ComputeOptions, FleetFlags {
  readonly workspace: string;
  readonly untilIdle?: boolean;
}

/** Takes the workspace's runs until there are none, or until the person asks to stop. */
export async function serveWorkspace(
  options: ServeWorkspaceOptions,
  session: Session,
): Promise<CommandResult> {
  const { withServedWorkspace } = await import('../../pipeline/served-workspace.js');
  const { takeQueuedRuns } = await import('../../pipeline/take-queued-runs.js');
  const { queueRun } = await import('../../pipeline/queue-run.js');
  const { workspace, workers, untilIdle = false } = options;
  const { terminal, signal } = session;
  const runs: { run: string; state: string; report?: string; failure?: string }[] = [];
  const taking = {
    workers,
    untilIdle,
    signal,
    onProgress: stoppableProgress(session),
    onTaken: (run: string) => terminal.say(`taking run ${run}`),
    onEnded: (run: string, end: ExperimentEnd | MajlisError) => {
      if (end instanceof MajlisError) {
        terminal.say(`run ${run} failed: ${end.message}`);
        runs.push({ run, state: 'failed', failure: end.message });
      } else {
        terminal.say(`run ${run} has ended; its report is ${end.reportPath}`);
        runs.push({ run, state: 'ended', report: end.reportPath });
      }
    },
  };
  const own = { workspace, metrics: metricsChoice(options, session.environment), createRun: queueRun };
  await withServing(options, session, (serving) =>
    withServedWorkspace({ ...own, ...serving }, (served) => takeQueuedRuns(served, taking)),
  );
  return { json: { runs }, text: '' };
}
