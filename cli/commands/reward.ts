import type { Command } from 'commander';
import { addModelCommands } from './reward/add-model-commands.js';
import { addServeCommand } from './reward/add-serve-command.js';
import { addHealthOptions } from '../trust/health-flags.js';
import type { GatewayFlags } from './reward/serve-gateway.js';
import { perform, type Session } from './session.js';
import { addTraceOption } from './telemetry-flags.js';

interface SpendFlags {
  readonly config: string;
  readonly run?: string;
  readonly judge?: string;
  readonly rubric?: string;
}

/** `majlis reward`. */
export function addRewardCommand(program: Command, session: Session): void {
  const reward = program
    .command('reward')
    .description(
      'reward models from files, served rewards, and the judge gateway: train, test and serve models, serve judges, see costs',
    );
  addTraceOption(
    addHealthOptions(
      reward
        .command('gateway')
        .description(
          'ask judges on behalf of everybody: one store of verdicts, one set of limits and budgets',
        )
        .requiredOption('--config <file>', "the gateway's file, see docs/gateway.md"),
    ),
  ).action((flags: GatewayFlags, self: Command) =>
    perform(session, self, async () =>
      (await import('./reward/serve-gateway.js')).serveGateway(flags, session),
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
  addServeCommand(reward, session);
  addModelCommands(reward, session);
}
