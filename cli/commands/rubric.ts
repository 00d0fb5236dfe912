import type { Command } from 'commander';
import { addRemoteOptions, remotePlace, type RemoteFlags } from '../trust/remote-flags.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

/** What a message of the wire can name. */
const MOST_ITERATIONS = 2 ** 32 - 1;

interface NewOptions {
  readonly locale: string;
  readonly extends?: string;
  readonly out?: string;
}

interface DiffOptions {
  readonly pairs?: string;
  readonly run?: string;
}

interface SwapOptions extends RemoteFlags {
  readonly at?: number;
  readonly dryRun?: true;
}

interface ShadowOptions extends RemoteFlags {
  readonly stop?: boolean;
  readonly show?: boolean;
  readonly at?: number;
}

/** `majlis rubric new | lint | show | test | diff | history | shadow | swap | rollback`. */
export function addRubricCommand(program: Command, session: Session): void {
  const rubric = program
    .command('rubric')
    .description('culture rubrics: write, check, try, compare, shadow, swap, roll back');
  addWritingCommands(rubric, session);
  addComparingCommands(rubric, session);
  addSteeringCommands(rubric, session);
}

function addWritingCommands(rubric: Command, session: Session): void {
  rubric
    .command('new')
    .description('write a draft to begin with')
    .argument('<id>', 'lower-case words joined by hyphens')
    .requiredOption('--locale <tag>', 'the culture that it is for, such as ar-EG')
    .option('--extends <rubric>', 'stand on another rubric and say only what differs')
    .option('--out <file>', 'the file to write (default: <id>.yaml)')
    .action((id: string, options: NewOptions, command: Command) =>
      perform(session, command, async () =>
        (await import('./rubric/new-rubric.js')).newRubric({
          ...{ id, locale: options.locale },
          ...(options.extends === undefined ? {} : { base: options.extends }),
          ...(options.out === undefined ? {} : { out: options.out }),
        }),
      ),
    );
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
    .command('test')
    .description("judge a rubric's own test pairs by its rules; exit status 1 when one fails")
    .argument('<rubric>', 'a rubric file, or the id of a shipped rubric')
    .option('--pairs <file>', 'other pairs than the <rubric>.tests.jsonl beside it')
    .action((name: string, options: { pairs?: string }, command: Command) =>
      perform(session, command, async () =>
        (await import('./rubric/test-rubric.js')).testRubric({ rubric: name, ...options }),
      ),
    );
}

function addComparingCommands(rubric: Command, session: Session): void {
  rubric
    .command('diff')
    .description('show, without training, what another rubric would change')
    .argument('<before>', 'the rubric in force: a file, or the id of a shipped one')
    .argument('<after>', 'the other rubric')
    .option('--pairs <file>', 'JSON lines or Parquet of prompt, first and second')
    .option('--run <run>', "a run's stored pairs instead: its id, or as much of it as no other run has")
    .action((before: string, after: string, options: DiffOptions, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/diff-rubrics.js')).diffRubrics({
          ...{ before, after, workspace, clock: session.clock },
          ...{ pairs: options.pairs, run: options.run },
        }),
      ),
    );
  rubric
    .command('history')
    .description(
      'list the rubrics that were in force in a run, or the versions of a rubric and where they were',
    )
    .argument('<run-or-id>', "a run, a rubric's id, or a rubric file")
    .action((name: string, _options: object, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/rubric-history.js')).rubricHistory({ workspace, clock: session.clock }, name),
      ),
    );
}

function addSteeringCommands(rubric: Command, session: Session): void {
  const { clock, terminal } = session;
  const say = (sentence: string): void => terminal.say(sentence);
  const asked = (workspace: string, run: string, flags: RemoteFlags) => ({
    ...{ workspace, run, clock, terminal, say },
    ...remotePlace(flags),
  });
  addRemoteOptions(rubric.command('shadow'))
    .description('have a candidate scored beside the rubric in force; nothing is learned from it')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .argument('[rubric]', 'the candidate: a rubric file, or the id of a shipped rubric')
    .option('--stop', 'score it no more')
    .option('--show', 'print its figures so far and the answers on which it differs most')
    .option(
      '--at <iteration>',
      'the iteration that it is scored from (default: the next)',
      wholeNumber('--at', 0, MOST_ITERATIONS),
    )
    .action((run: string, name: string | undefined, options: ShadowOptions, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/shadow/shadow-rubric.js')).shadowRubric(asked(workspace, run, options), {
          rubric: name,
          stop: options.stop,
          show: options.show,
          at: options.at,
        }),
      ),
    );
  addRemoteOptions(rubric.command('swap'))
    .description('give a run another rubric from an iteration boundary on, also while it is at work')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .argument('<rubric>', 'a rubric file, or the id of a shipped rubric')
    .option(
      '--at <iteration>',
      'the iteration that it takes effect before (default: the next)',
      wholeNumber('--at', 0, MOST_ITERATIONS),
    )
    .option('--dry-run', 'say what it would ask judges and what that may cost, and ask nothing')
    .action((run: string, name: string, { at, dryRun, ...remote }: SwapOptions, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./rubric/swap-rubric.js')).swapRubric(asked(workspace, run, remote), {
          rubric: name,
          ...(at === undefined ? {} : { iteration: at }),
          dryRun: dryRun ?? false,
        }),
      ),
    );
  addRemoteOptions(rubric.command('rollback'))
    .description('take a run back to a rubric that was in force before')
    .argument('<run>', 'its id, or as much of it as no other run has')
    .option('--to <hash>', 'hash of that rubric, or its beginning (default: the one before the present)')
    .action((run: string, { to, ...remote }: RemoteFlags & { to?: string }, command: Command) =>
      perform(session, command, async ({ workspace }) =>
        (await import('./steer/steer-run.js')).steerRun(asked(workspace, run, remote), {
          kind: 'roll_back',
          to: to === undefined ? 'previous_rubric' : { rubricHash: to },
        }),
      ),
    );
}
