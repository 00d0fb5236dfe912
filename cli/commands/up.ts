import type { Command } from 'commander';
import { perform, type Session } from './session.js';

interface UpFlags {
  readonly python?: string;
  readonly continue?: string;
  readonly seed?: string;
  readonly workers?: string;
  readonly algorithm?: string;
}

/** `majlis up FILE`. */
export function addUpCommand(program: Command, session: Session): void {
  program
    .command('up')
    .description('start what a run file asks for on this machine, run it, and stop all of it together')
    .argument('<file>', 'the run file')
    .option('--continue <run>', 'go on with an interrupted run of the workspace')
    .option(
      '--python <file>',
      'an interpreter that has what trainer and generator need; without it one is made',
    )
    .option('--seed <number>', 'as for majlis run')
    .option('--workers <number>', 'as for majlis run')
    .option('--algorithm <names>', 'as for majlis run')
    .action((runFile: string, flags: UpFlags, command: Command) =>
      perform(session, command, async ({ workspace, json = false }) => {
        const { python, continue: run, ...rest } = flags;
        const runFlags = (['seed', 'workers', 'algorithm'] as const).flatMap((name) => {
          const value = rest[name];
          return value === undefined ? [] : [`--${name}`, value];
        });
        const { up } = await import('../up/up.js');
        return up(
          {
            ...{ runFile, workspace, json, runFlags },
            ...(python === undefined ? {} : { python }),
            ...(run === undefined ? {} : { continue: run }),
          },
          session,
        );
      }),
    );
}
