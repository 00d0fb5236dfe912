import type { Command } from 'commander';
import { BadInputError } from '../../core/errors.js';
import type { FleetFlags } from '../fleet/open-fleet.js';
import { addServingOptions } from '../fleet/with-serving.js';
import { ALGORITHMS, type AlgorithmName } from '../pipeline/algorithms.js';
import { perform, type CommandResult, type Session } from './session.js';
import { addLoopOptions, type LoopOptions } from './run/loop-options.js';

interface RunFlags extends LoopOptions, FleetFlags {
  readonly prompts?: string;
  readonly dryRun?: boolean;
  readonly continue?: string;
  readonly queue?: boolean;
  readonly algorithm?: readonly AlgorithmName[];
}

/** `majlis run FILE`. */
export function addRunCommand(program: Command, session: Session): void {
  const command = program
    .command('run')
    .description('run the loop as a run file says, to the end, with a report')
    .argument('[file]', 'the run file; with --continue, none')
    .option('--continue <run>', 'go on with an interrupted run of the workspace, from its last checkpoint')
    .option(
      '--prompts <file>',
      "training prompts to use in place of the run file's, as JSON lines or Parquet",
    )
    .option(
      '--algorithm <names>',
      `what trains the policy, one report over all of them: ${ALGORITHMS.join(', ')} (default: ppo)`,
      algorithmNames,
    )
    .option('--queue', 'leave it to the process that owns the workspace, see majlis coordinator')
    .option(
      '--dry-run',
      'check every input, print tasks, judge calls, memory and time expected, and do no work',
    );
  addServingOptions(addLoopOptions(command)).action(
    (file: string | undefined, flags: RunFlags, self: Command) =>
      perform(session, self, async ({ workspace }) => start(file, { ...flags, workspace }, session)),
  );
}

async function start(
  file: string | undefined,
  flags: RunFlags & { readonly workspace: string },
  session: Session,
): Promise<CommandResult> {
  const { dryRun, continue: run, queue, algorithm: algorithms, ...options } = flags;
  if (algorithms !== undefined && (run !== undefined || queue === true || dryRun === true)) {
    const [other, allowed] =
      run !== undefined
        ? ['--continue', 'no --algorithm: the run goes on with its own']
        : [queue === true ? '--queue' : '--dry-run', 'no --algorithm: this is for ppo alone'];
    throw new BadInputError({ source: `run ${other}`, found: '--algorithm', allowed });
  }
  if (run !== undefined) {
    if (file === undefined) return (await import('./run/continue-run.js')).continueRun(run, options, session);
    const allowed = 'no run file: the run goes on with its own';
    throw new BadInputError({ source: 'run --continue', found: file, allowed });
  }
  if (file === undefined) {
    const allowed = 'a run file, or --continue RUN';
    throw new BadInputError({ source: 'run', found: 'neither', allowed });
  }
  const request = { ...options, runFile: file };
  if (queue === true && options.bus !== undefined) {
    const allowed = 'no --bus: whoever owns the workspace has it';
    throw new BadInputError({ source: 'run --queue', found: '--bus', allowed });
  }
  if (queue === true) return (await import('./run/queue-run.js')).queueRun(request, session);
  return dryRun === true
    ? (await import('./run/dry-run.js')).dryRun(request, session)
    : (await import('./run/start-run.js')).startRun(
        { ...request, ...(algorithms === undefined ? {} : { algorithms }) },
        session,
      );
}

function algorithmNames(text: string): AlgorithmName[] {
  return text.split(',').map((name) => {
    const known = ALGORITHMS.find((algorithm) => algorithm === name.trim());
    if (known !== undefined) return known;
    const allowed = `${ALGORITHMS.join(', ')}, with commas between`;
    throw new BadInputError({ source: '--algorithm', found: JSON.stringify(name), allowed });
  });
}
