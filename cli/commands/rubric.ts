import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** What a message of the wire can name. */
const MOST_ITERATIONS = 2 ** 32 - 1;

/** `majlis rubric lint | show | swap | rollback`. */
export function addRubricCommand(program: Command, session: Session): void {
  const rubric = program.command('rubric').description('culture rubrics: check, show, swap, roll back');
  rubric
    .command('lint')
    .description('check rubric files and all that they refer to')
    .argument('<files...>', 'rubric files, or ids of shipped rubrics')
    .action((files: string[], _options: object, command: Command) =>
      perform(session, command, async () =>
        (await import('./rubric/lint-rubrics.js')).lintRubrics(files, session.terminal),
      ),
    );
  rubric
    .command('show')
    .description('show a rubric, its hash and its criteria')
    .argument('<rubric>', 'a rubric file, or the id of a shipped rubric')
    .action((name: string, _options: object, command: Command) =>
      perform(session, command, async () => (await import('./rubric/show-rubric.js')).showRubric(name)),
    );
  rubric
    .command('swap')
    .description('give a run another rubric from an iteration boundary on, also while it is at work')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .argument('<rubric>', 'a rubric file, or the id of a shipped rubric')
    .option(
      '--at <iteration>',
      'the iteration that it takes effect before (default: the next)',
      wholeNumber('--at', 0, MOST_ITERATIONS),
    )
    .action((run: string, name: string, { at }: { at?: number }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/swap-rubric.js')).swapRubric(
          { workspace, run, clock: session.clock },
          { rubric: name, ...(at === undefined ? {} : { iteration: at }) },
        ),
      ),
    );
  rubric
    .command('rollback')
    .description('take a run back to a rubric that was in force before')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .option('--to <hash>', 'hash of that rubric, or its beginning (default: the one before the present)')
    .action((run: string, { to }: { to?: string }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./steer/steer-run.js')).steerRun(
          { workspace, run, clock: session.clock },
          { kind: 'roll_back', to: to === undefined ? 'previous_rubric' : { rubricHash: to } },
        ),
      ),
    );
}
