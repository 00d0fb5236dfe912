import { Option, type Command } from 'commander';
import { BadInputError } from '../../../core/errors.js';
import { decimalNumber } from '../decimal-number.js';
import { perform, type CommandResult, type Session } from '../session.js';
import { wholeNumber } from '../whole-number.js';

const MOST_HEADS = 32;
const MOST_HELD_OUT = 0.9;
const LEAST_BETA = 1e-6;
const MOST_BETA = 1e6;

interface TrainFlags {
  readonly preferences: string;
  readonly rubric: string;
  readonly out: string;
  readonly seed: number;
  readonly heads: number;
  readonly heldOut: number;
  readonly ties: 'half' | 'rao-kupper';
  readonly references?: string;
  readonly html?: string;
}

/** `majlis reward train | eval | score | compare | export`: reward models in folders. */
export function addModelCommands(reward: Command, session: Session): void {
  addTrain(reward, session);
  addEval(reward, session);
  addScore(reward, session);
  addCompare(reward, session);
  addExport(reward, session);
}

function addTrain(reward: Command, session: Session): void {
  reward
    .command('train')
    .description('train a light reward model on preferences: no GPU, no Python, no run')
    .requiredOption(
      '--preferences <file>',
      'JSON lines or Parquet {prompt, chosen, rejected}, as majlis export writes them',
    )
    .requiredOption('--rubric <rubric>', 'a rubric file, or the id of a shipped rubric')
    .requiredOption('--out <folder>', 'the folder to write; a model that is there never changes')
    .option('--seed <seed>', 'of split and bootstrap', seedOf, 1)
    .option(
      '--heads <n>',
      'heads on bootstrap samples of the prompts',
      wholeNumber('--heads', 0, MOST_HEADS),
      4,
    )
    .option(
      '--held-out <share>',
      'share of the prompts to measure on',
      decimalNumber('--held-out', 0, MOST_HELD_OUT),
      0.2,
    )
    .addOption(
      new Option('--ties <how>', 'even pairs are half a win each, or have a probability of their own')
        .choices(['half', 'rao-kupper'])
        .default('half'),
    )
    .option(
      '--references <file>',
      'JSON lines or Parquet {prompt, answer} whose mean reward is 0 in each locale',
    )
    .option('--html <file>', 'write the evaluation as a page')
    .action(({ ties, ...flags }: TrainFlags, self: Command) =>
      perform(session, self, async () =>
        (await import('./train-reward-model.js')).trainRewardModel(
          { ...flags, ties: ties === 'half' ? 'half' : 'rao_kupper' },
          session,
        ),
      ),
    );
}

interface EvalFlags {
  readonly pairs?: string;
  readonly ties?: string;
  readonly kit?: string;
  readonly rubric?: string;
  readonly swapped?: string;
  readonly register?: string;
  readonly html?: string;
  readonly seed: number;
}

function addEval(reward: Command, session: Session): void {
  reward
    .command('eval')
    .description(
      'measure a reward model on labelled pairs, or test it for culture (exit status 1 when a test fails)',
    )
    .argument('[model]', 'folder of a reward model')
    .option(
      '--pairs <file>',
      'JSON lines or Parquet {prompt, chosen, rejected}: accuracy, calibration, length',
    )
    .option(
      '--ties <file>',
      'JSON lines or Parquet {id, prompt, chosen: […], rejected: […]}: questions with several right answers',
    )
    .option('--kit <kit>', 'a locale with a culture kit, such as ar or ko, or a folder')
    .option('--rubric <rubric>', 'with --kit: test the rules of this rubric instead of a model')
    .option('--swapped <other>', 'with --kit: what stands for the other register, a folder or a rubric')
    .option('--register <name>', 'with --kit: the register to prefer, unless the rubric says')
    .option('--html <file>', 'with --pairs or --kit: also write the report as a page')
    .option('--seed <seed>', 'of the bootstrap intervals', seedOf, 1)
    .action((model: string | undefined, flags: EvalFlags, self: Command) =>
      perform(session, self, () => evaluate(model, flags, session)),
    );
}

async function evaluate(
  model: string | undefined,
  { pairs, ties, kit, ...flags }: EvalFlags,
  session: Session,
): Promise<CommandResult> {
  const asked = [pairs, ties, kit].filter((one) => one !== undefined);
  if (kit !== undefined && asked.length === 1) {
    const request = { kit, ...flags, ...(model === undefined ? {} : { model }) };
    return (await import('./eval-on-kit.js')).evalOnKit(request, session);
  }
  if (model !== undefined && asked.length === 1) {
    const { html, seed } = flags;
    const request = { directory: model, seed, ...(html === undefined ? {} : { html }) };
    if (pairs !== undefined) {
      return (await import('./eval-reward-model.js')).evalRewardModel({ ...request, pairs }, session);
    }
    if (ties !== undefined)
      return (await import('./eval-on-ties.js')).evalOnTies({ ...request, ties }, session);
  }
  throw new BadInputError({
    source: 'command line',
    found: [model ?? 'no model', pairs ?? 'no --pairs', ties ?? 'no --ties', kit ?? 'no --kit'].join(', '),
    allowed: 'the folder of a reward model with one of --pairs, --ties and --kit, or --kit with --rubric',
  });
}

function addScore(reward: Command, session: Session): void {
  reward
    .command('score')
    .description('score answers line by line: an outcome each, and a failure is no number')
    .argument('<model>', 'folder of a reward model')
    .requiredOption('--answers <file>', 'JSON lines or Parquet {prompt, answer, id?, locale?}')
    .option('--out <file>', 'the file to write; stdout where it is left out')
    .option(
      '--beta <beta>',
      'pay μ − σ²/(2β), less where heads disagree',
      decimalNumber('--beta', LEAST_BETA, MOST_BETA),
    )
    .action((directory: string, flags: { answers: string; out?: string; beta?: number }, self: Command) =>
      perform(session, self, async () =>
        (await import('./score-answers.js')).scoreAnswers({ directory, ...flags }, session),
      ),
    );
}

function addCompare(reward: Command, session: Session): void {
  reward
    .command('compare')
    .description('compare two reward models pair by pair, with paired intervals')
    .argument('<first>', 'folder of a reward model')
    .argument('<second>', 'folder of another')
    .requiredOption('--pairs <file>', 'JSON lines or Parquet {prompt, chosen, rejected}')
    .option('--seed <seed>', 'of the bootstrap', seedOf, 1)
    .action((first: string, second: string, flags: { pairs: string; seed: number }, self: Command) =>
      perform(session, self, async () =>
        (await import('./compare-reward-models.js')).compareRewardModels(
          { first, second, ...flags },
          session,
        ),
      ),
    );
}

function addExport(reward: Command, session: Session): void {
  reward
    .command('export')
    .description('copy the light reward model that paid a run to a folder of its own')
    .argument('<run>', 'its id')
    .requiredOption('--out <folder>', 'the folder to write; a model that is there never changes')
    .option('--iteration <n>', 'the one that paid this iteration; the last unless told', iterationOf)
    .option('--locale <tag>', 'of which locale, where the run has several')
    .action((run: string, flags: { out: string; iteration?: number; locale?: string }, self: Command) =>
      perform(session, self, async ({ workspace }) =>
        (await import('./export-reward-model.js')).exportRewardModel(
          { workspace, run, ...flags },
          session.clock,
        ),
      ),
    );
}

function iterationOf(text: string): number {
  return wholeNumber('--iteration', 0, Number.MAX_SAFE_INTEGER)(text);
}

function seedOf(text: string): number {
  return wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER)(text);
}
