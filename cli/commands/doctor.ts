import type { Command } from 'commander';
import { perform, type Session } from './session.js';

/** `majlis doctor`. */
export function addDoctorCommand(program: Command, session: Session): void {
  program
    .command('doctor')
    .description('check what a run needs, and say what to do where it is missing')
    .action((_options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./doctor/examine.js')).examine(workspace),
      ),
    );
}
