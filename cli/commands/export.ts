import type { Command } from 'commander';
import { perform, type Session } from './session.js';

/** `majlis export RUN --out FILE`. */
export function addExportCommand(program: Command, session: Session): void {
  program
    .command('export')
    .description("write a run's preferences as JSON lines in TRL's preference format")
    .argument('<run>', 'its id')
    .requiredOption('--out <file>', 'the file to write')
    .action((run: string, options: { out: string }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./export/export-preferences.js')).exportPreferences(
          { workspace, run, out: options.out },
          session.clock,
        ),
      ),
    );
}
