import { MajlisError } from '../../../core/errors.js';
import { metricsChoice, type ComputeOptions } from '../run/loop-options.js';
import type { CommandResult, Session } from '../session.js';
import { openServerTrust, type ServerTrustFlags } from '../../trust/server-trust-flags.js';
import { stoppableProgress } from '../stoppable-progress.js';

export interface ServeWorkspaceOptions extends ComputeOptions, ServerTrustFlags {
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
  const { terminal, signal, clock } = session;
  const say = (sentence: string): void => terminal.say(sentence);
  const trust = await openServerTrust(options, { clock, say });
  const listener = options.listen === undefined ? {} : { listener: { ...options.listen, ...trust } };
  const runs: { run: string; state: string; report?: string; failure?: string }[] = [];
  const serving = { workspace, metrics: metricsChoice(options), createRun: queueRun, say, ...listener };
  await withServedWorkspace(serving, (served) =>
    takeQueuedRuns(served, {
      workers,
      untilIdle,
      signal,
      onProgress: stoppableProgress(session),
      onTaken: (run) => terminal.say(`taking run ${run}`),
      onEnded: (run, end) => {
        if (end instanceof MajlisError) {
          terminal.say(`run ${run} failed: ${end.message}`);
          runs.push({ run, state: 'failed', failure: end.message });
        } else {
          terminal.say(`run ${run} has ended; its report is ${end.reportPath}`);
          runs.push({ run, state: 'ended', report: end.reportPath });
        }
      },
    }),
  ).finally(() => trust.close());
  return { json: { runs }, text: '' };
}
