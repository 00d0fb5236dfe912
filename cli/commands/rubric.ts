import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** `majlis rubric lint | show | swap`. */
export function addRubricCommand(program: Command, session: Session): void {
  const rubric = program.command('rubric').description('culture rubrics: check, show, swap');
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
    .description(
      'give an unfinished run another rubric from an iteration boundary on; no process may be at work on it',
    )
    .argument('<run>', 'its id')
    .argument('<rubric>', 'a rubric file, or the id of a shipped rubric')
    .option(
      '--iteration <number>',
      'the iteration that it takes effect before (default: the next)',
      wholeNumber('--iteration', 0, Number.MAX_SAFE_INTEGER),
    )
    .action((run: string, name: string, options: { iteration?: number }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/swap-rubric.js')).swapRubric(
          { workspace, run, rubric: name, ...options },
          session.clock,
        ),
      ),
    );
}
