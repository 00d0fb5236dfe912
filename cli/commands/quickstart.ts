import { Option, type Command } from 'commander';
import { perform, type Session } from './session.js';
import { addLoopOptions, type LoopOptions } from './run/loop-options.js';

const EXAMPLES = ['arabic', 'korean'];

/** `majlis quickstart`. */
export function addQuickstartCommand(program: Command, session: Session): void {
  const command = program
    .command('quickstart')
    .description('run an example: one checkpoint, three arms, and a report of what the rubric changed')
    .addOption(new Option('--example <name>', 'which one').choices(EXAMPLES).default(EXAMPLES[0]));
  addLoopOptions(command).action((options: LoopOptions & { example: string }, self: Command) =>
    perform(session, self, async ({ workspace }) =>
      (await import('./run/start-quickstart.js')).startQuickstart({ ...options, workspace }, session),
    ),
  );
}
