import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BadInputError } from '../../../core/errors.js';
import { withControl } from '../../control/with-control.js';
import type { CommandResult, Session } from '../session.js';
import { readCheckedInputs } from './read-checked-inputs.js';

/** Queues a run in the process that owns the workspace. */
export async function queueRun(
  request: {
    readonly runFile: string;
    readonly workspace: string;
    readonly seed?: number;
    readonly prompts?: string;
  },
  { clock }: Session,
): Promise<CommandResult> {
  const { runFile, workspace, seed, prompts } = request;
  if (prompts !== undefined) {
    const allowed = "the run file's own prompts, where a run is queued";
    throw new BadInputError({ source: 'run --queue', found: '--prompts', allowed });
  }
  await readCheckedInputs(runFile, undefined);
  const run = await withControl({ workspace, clock }, async (control) =>
    control.createRun({
      runFile: await readFile(runFile, 'utf8'),
      source: resolve(runFile),
      ...(seed === undefined ? {} : { seed }),
    }),
  );
  return { json: run, text: `run ${run.id} is ${run.state}; see it with majlis watch ${run.id}` };
}
