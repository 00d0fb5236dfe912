import type { Command } from 'commander';
import { BadInputError } from '../../core/errors.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** What a message of the wire can name. */
const MOST_ITERATIONS = 2 ** 32 - 1;
/** Engines that compute in single precision differ by less over the optimizer steps of an iteration; a wrong formula by more. */
const DEFAULT_TOLERANCE = 1e-4;

interface ReplayFlags {
  readonly iteration: number;
  readonly tolerance: number;
  readonly trainer?: string;
}

/** `majlis replay RUN --iteration N`. */
export function addReplayCommand(program: Command, session: Session): void {
  program
    .command('replay')
    .description('recompute one update of a run from what it stored, and compare')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .requiredOption(
      '--iteration <n>',
      'the iteration whose update is recomputed',
      wholeNumber('--iteration', 0, MOST_ITERATIONS),
    )
    .option(
      '--tolerance <x>',
      'largest relative difference allowed where version, engine or CPU is not the one that recorded it',
      positiveNumber,
      DEFAULT_TOLERANCE,
    )
    .option('--trainer <host:port>', 'for a run that another process trained: such a trainer')
    .action((run: string, flags: ReplayFlags, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./replay/replay-run.js')).replayRun({ ...flags, workspace, run }, session),
      ),
    );
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  const found = JSON.stringify(text);
  throw new BadInputError({ source: '--tolerance', found, allowed: 'a number above 0' });
}
