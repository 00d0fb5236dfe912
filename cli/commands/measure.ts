import type { Command } from 'commander';
import type { MeasureOptions } from './measure/run-measure.js';
import { addPlaceOptions } from './run/loop-options.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

type MeasureFlags = Omit<MeasureOptions, 'run' | 'workspace'>;

/** `majlis measure RUN`. */
export function addMeasureCommand(program: Command, session: Session): void {
  const command = program
    .command('measure')
    .description("ask a run's first and last policy questions that it did not see, and compare")
    .argument('<run>', 'an ended run of the workspace')
    .option('--choices <file>', 'questions with one right answer among a few: {id, question, answer}')
    .option('--instruction <text>', 'said after each of them', '')
    .option('--prompts <file>', "prompts whose answers the run's judges compare, as in a run file")
    .option(
      '--sample <number>',
      "questions of each set that are asked, drawn by the run's seed (default: all)",
      wholeNumber('--sample', 1, Number.MAX_SAFE_INTEGER),
    );
  addPlaceOptions(command).action((run: string, flags: MeasureFlags, self: Command) =>
    perform(session, self, async ({ workspace }) =>
      (await import('./measure/run-measure.js')).runMeasure({ ...flags, run, workspace }, session),
    ),
  );
}
