import type { ExperimentEnd } from '../../pipeline/experiment.js';
import type { CommandResult } from '../session.js';

/** What `majlis run` prints at its end. */
export function endedRun({ runId, summary, reportText, reportPath }: ExperimentEnd): CommandResult {
  return {
    json: { runId, reportPath, ...summary },
    text: `${reportText}\n\nrun: ${runId}\nreport: ${reportPath}`,
  };
}
