import type { CommandResult, Session } from '../session.js';
import { loopRequest, type LoopPlace } from './loop-request.js';

/** Runs a run file to its end and prints the report. */
export async function startRun(
  options: LoopPlace & { readonly prompts?: string },
  session: Session,
): Promise<CommandResult> {
  const request = await loopRequest(options, session);
  const { singleRun } = await import('../../pipeline/single-run.js');
  const { prompts } = options;
  const { runId, summary, reportText, reportPath } = await singleRun({
    ...request,
    ...(prompts === undefined ? {} : { prompts }),
  });
  return {
    json: { runId, reportPath, ...summary },
    text: `${reportText}\n\nrun: ${runId}\nreport: ${reportPath}`,
  };
}
