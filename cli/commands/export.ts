import { Option, type Command } from 'commander';
import type { PreferenceRowOptions } from './export/preference-row.js';
import { perform, type Session } from './session.js';

interface ExportFlags {
  readonly out: string;
  readonly format: PreferenceRowOptions['format'];
  readonly margin?: true;
  readonly ties?: true;
}

/** `majlis export RUN --out FILE`. */
export function addExportCommand(program: Command, session: Session): void {
  program
    .command('export')
    .description("write a run's preferences in TRL's preference format, as JSON lines or Parquet")
    .argument('<run>', 'its id')
    .requiredOption('--out <file>', 'the file to write; Parquet where it ends in .parquet')
    .addOption(
      new Option('--format <format>', 'plain text, or conversations of one message for a chat template')
        .choices(['standard', 'conversational'])
        .default('standard'),
    )
    .option(
      '--margin',
      "with a column margin, |2p − 1| of the soft label, which TRL's RewardTrainer subtracts",
    )
    .option('--ties', 'with even pairs too, which are left out and counted otherwise')
    .action((run: string, { out, format, margin, ties }: ExportFlags, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./export/export-preferences.js')).exportPreferences(
          { workspace, run, out, format, hasMargin: margin === true, hasTies: ties === true },
          session.clock,
        ),
      ),
    );
}
