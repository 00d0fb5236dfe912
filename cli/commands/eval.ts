import type { Command } from 'commander';
import type { EvalOptions } from './eval/run-eval.js';
import { addComputeOptions } from './run/loop-options.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

type EvalFlags = Omit<EvalOptions, 'run' | 'workspace'>;

/** `majlis eval RUN --run-file FILE`. */
export function addEvalCommand(program: Command, session: Session): void {
  const command = program
    .command('eval')
    .description('compare a policy with best-of-n sampling of what it started from, at equal KL')
    .argument('[run]', 'a run, whose last policy is compared with its first')
    .requiredOption('--run-file <file>', 'the run file: held-out prompts, sampling, rubrics, control judge')
    .option('--policy <folder>', 'in place of a run: a Hugging Face directory')
    .option('--reference <folder>', 'the directory that the policy started from')
    .option('--rubric <id>', "which of the run file's rubrics to judge under (default: the run's last)")
    .option(
      '--most-answers <number>',
      'most answers per prompt that best-of-n may draw',
      wholeNumber('--most-answers', 1, 4096),
      512,
    );
  addComputeOptions(command).action((run: string | undefined, flags: EvalFlags, self: Command) =>
    perform(session, self, async ({ workspace }) =>
      (await import('./eval/run-eval.js')).runEval(
        { ...flags, workspace, ...(run === undefined ? {} : { run }) },
        session,
      ),
    ),
  );
}
