import { Command, CommanderError } from 'commander';
import { addAggregateCommand } from './aggregate.js';
import { addAuditCommand } from './audit.js';
import { addCoordinatorCommand } from './coordinator.js';
import { addDoctorCommand } from './doctor.js';
import { addEngineCommand } from './engine.js';
import { addEvalCommand } from './eval.js';
import { addExportCommand } from './export.js';
import { addFleetCommand } from './fleet.js';
import { addLabelCommand } from './label.js';
import { addLedgerCommand } from './ledger.js';
import { addLocaleCommand } from './locale.js';
import { addMeasureCommand } from './measure.js';
import { addNatsCommand } from './nats.js';
import { addQuickstartCommand } from './quickstart.js';
import { addReplayCommand } from './replay.js';
import { addRewardCommand } from './reward.js';
import { addRubricCommand } from './rubric.js';
import { addRunCommand } from './run.js';
import { addRunsCommand } from './runs.js';
import type { Session } from './session.js';
import { addSteeringCommands } from './steer.js';
import { addTopCommand } from './top.js';
import { addTrainerCommand } from './trainer.js';
import { addUpCommand } from './up.js';
import { addWatchCommand } from './watch.js';
import { addWorkerCommand } from './worker.js';

const DEFAULT_WORKSPACE = '.majlis';

/** The whole command line. What a command needs is loaded when it is called, so that `--help` is quick. */
export function createProgram(session: Session): Command {
  const { terminal, environment } = session;
  const program = new Command('majlis')
    .description('A council of AI judges steers a policy by a culture rubric.')
    .option('--json', 'print the result as one line of JSON, the last line of stdout')
    .option('--verbose', 'print the stack of an error too')
    .option('--workspace <folder>', 'folder of ledger and runs', environment.workspace ?? DEFAULT_WORKSPACE)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      outputError: (text) => {
        terminal.say(`majlis: ${text.replace(/^error: /, '').trim()}`);
      },
    })
    .exitOverride();
  addQuickstartCommand(program, session);
  addRunCommand(program, session);
  addUpCommand(program, session);
  addCoordinatorCommand(program, session);
  addRunsCommand(program, session);
  addReplayCommand(program, session);
  addWatchCommand(program, session);
  addTopCommand(program, session);
  addSteeringCommands(program, session);
  addRewardCommand(program, session);
  addTrainerCommand(program, session);
  addWorkerCommand(program, session);
  addFleetCommand(program, session);
  addEngineCommand(program, session);
  addNatsCommand(program, session);
  addAggregateCommand(program, session);
  addRubricCommand(program, session);
  addLocaleCommand(program, session);
  addLabelCommand(program, session);
  addEvalCommand(program, session);
  addMeasureCommand(program, session);
  addExportCommand(program, session);
  addLedgerCommand(program, session);
  addAuditCommand(program, session);
  addDoctorCommand(program, session);
  return program;
}

/** The exit status of what commander has already told the person: 0 for help and version, 2 for a bad call. */
export function usageExitCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof CommanderError)) return undefined;
  return thrown.exitCode === 0 ? 0 : 2;
}
