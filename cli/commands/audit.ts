import type { Command } from 'commander';
import { perform, type Session } from './session.js';

interface AuditFlags {
  readonly run?: string;
  readonly name?: string;
  readonly refused?: boolean;
}

/** `majlis audit`. */
export function addAuditCommand(program: Command, session: Session): void {
  program
    .command('audit')
    .description('who asked what of the runs of the workspace, and what came of it')
    .option('--run <run>', 'of runs whose id begins so')
    .option('--name <name>', 'asked by that name')
    .option('--refused', 'what was refused')
    .action((flags: AuditFlags, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./audit/show-audit.js')).showAudit({ ...flags, workspace }),
      ),
    );
}
