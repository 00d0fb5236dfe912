import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { addLoopOptions, type LoopOptions } from './run/loop-options.js';

interface RunFlags extends LoopOptions {
  readonly prompts?: string;
  readonly dryRun?: boolean;
}

/** `majlis run FILE`. */
export function addRunCommand(program: Command, session: Session): void {
  const command = program
    .command('run')
    .description('run the loop as a run file says, to the end, with a report')
    .argument('<file>', 'the run file')
    .option('--prompts <file>', "training prompts to use in place of the run file's, as JSON lines")
    .option(
      '--dry-run',
      'check every input, print tasks, judge calls, memory and time expected, and do no work',
    );
  addLoopOptions(command).action((runFile: string, { dryRun, ...options }: RunFlags, self: Command) =>
    perform(session, self, async ({ workspace }) =>
      dryRun === true
        ? (await import('./run/dry-run.js')).dryRun({ ...options, runFile }, session)
        : (await import('./run/start-run.js')).startRun({ ...options, runFile, workspace }, session),
    ),
  );
}
