import { join } from 'node:path';
import { packageRoot } from '../../../core/runtime/package-root.js';
import type { CommandResult, Session } from '../session.js';
import type { LoopOptions } from './loop-options.js';
import { loopRequest } from './loop-request.js';

/** Runs an example's three arms and prints the report. */
export async function startQuickstart(
  options: LoopOptions & { readonly example: string; readonly workspace: string },
  session: Session,
): Promise<CommandResult> {
  const runFile = join(packageRoot, 'examples', options.example, 'run.yaml');
  const request = await loopRequest({ ...options, runFile }, session);
  const { quickstart } = await import('../../pipeline/quickstart.js');
  const { summary, reportText, reportPath, samplesPath } = await quickstart(request);
  return { json: summary, text: `${reportText}\n\nreport: ${reportPath}\nsamples: ${samplesPath}` };
}
