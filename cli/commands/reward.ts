import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

interface SpendFlags {
  readonly config: string;
  readonly run?: string;
  readonly judge?: string;
  readonly rubric?: string;
}

interface EvalFlags {
  readonly kit: string;
  readonly rubric?: string;
  readonly swapped?: string;
  readonly register?: string;
  readonly html?: string;
  readonly seed: number;
}

const MOST_SEED = 2 ** 32;

/** `majlis reward`. */
export function addRewardCommand(program: Command, session: Session): void {
  const reward = program
    .command('reward')
    .description('the judge gateway, and reward models: serve judges, see what they cost, test models');
  reward
    .command('serve')
    .description('ask judges on behalf of everybody: one store of verdicts, one set of limits and budgets')
    .requiredOption('--config <file>', "the gateway's file, see docs/gateway.md")
    .action((flags: { readonly config: string }, self: Command) =>
      perform(session, self, async () =>
        (await import('./reward/serve-gateway.js')).serveGateway(flags.config, session),
      ),
    );
  reward
    .command('spend')
    .description('what judges cost, by run, judge and rubric')
    .requiredOption('--config <file>', "the gateway's file")
    .option('--run <run>', 'of that run only')
    .option('--judge <id>', 'of that judge only')
    .option('--rubric <hash>', 'under that rubric only')
    .action((flags: SpendFlags, self: Command) =>
      perform(session, self, async () => (await import('./reward/show-spend.js')).showSpend(flags, session)),
    );
  reward
    .command('eval')
    .description('test a reward model for culture; exit status 1 when a test fails')
    .requiredOption('--kit <kit>', 'a locale with a kit, such as ar or ko, or a folder')
    .option('--rubric <rubric>', 'test the rules of this rubric')
    .option('--swapped <rubric>', "what stands for the other register, unless the kit's own rubric for it")
    .option('--register <name>', 'the register to prefer, unless the rubric says')
    .option('--html <file>', 'also write the report as a page')
    .option('--seed <seed>', 'of the bootstrap intervals', wholeNumber('--seed', 0, MOST_SEED), 1)
    .action((flags: EvalFlags, self: Command) =>
      perform(session, self, async () => (await import('./reward/eval-on-kit.js')).evalOnKit(flags, session)),
    );
}
