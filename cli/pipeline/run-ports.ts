/**
 * A run's trainer and engines where they are not this process's own: as its run file says, or as the command line does, whose
 * places are no part of what the run is a function of.
 */
import type { RunConfig } from '../../core/config/run-config.js';
import { isOwnModel } from '../../core/config/model-options.js';
import type { Engine } from '../../core/engine/engine.js';
import { OpenAiEngine } from '../../core/engine/openai-engine.js';
import { BadInputError } from '../../core/errors.js';
import type { GrpcTrainer, TrainerAbsence } from '../../core/trainer/grpc-trainer.js';
import { withLora } from '../../core/trainer/lora-trainer.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import { connectTorch, requireTrainerAddress } from './connect-torch.js';
import type { Workspace } from './workspace.js';

/** Where a command line says that they are. */
export interface RunPlaces {
  /** host:port. */
  readonly trainer?: string;
  readonly engines?: readonly string[];
}

export interface RunPortsOptions {
  readonly config: RunConfig;
  readonly runFile: string;
  readonly places?: RunPlaces | undefined;
  /** Nobody waits for a trainer that went away once it has fired. */
  readonly signal: AbortSignal;
}

/** Lends the workspace with the run's own trainer and engines in it. */
export async function withRunPorts<Value>(
  workspace: Workspace,
  options: RunPortsOptions,
  work: (workspace: Workspace) => Promise<Value>,
): Promise<Value> {
  const engines = engineUrls(options);
  const remote = await connectTrainer(workspace, options);
  const trainer = withAdaptersOf(options.config, remote ?? workspace.trainer);
  try {
    return await work({
      ...workspace,
      trainer,
      ...(engines === undefined ? {} : openAiEngines(engines, options.config)),
    });
  } finally {
    await remote?.close();
  }
}

/** The trainer as a run's models are made in it: adapters where its file says so. */
export function withAdaptersOf({ model }: Pick<RunConfig, 'model'>, trainer: Trainer): Trainer {
  return isOwnModel(model) || model.lora === undefined ? trainer : withLora(trainer, model.lora);
}

async function connectTrainer(
  workspace: Workspace,
  { config, runFile, places = {}, signal }: RunPortsOptions,
): Promise<GrpcTrainer | undefined> {
  const choice = config.trainer?.torch;
  if (choice === undefined) {
    if (places.trainer === undefined) return undefined;
    const allowed = 'none: the run file has no trainer: { torch: {} }';
    throw new BadInputError({ source: '--trainer', found: places.trainer, allowed });
  }
  const address = places.trainer ?? choice.address;
  if (address === undefined) throw unplaced(runFile, 'trainer.torch.address', '--trainer HOST:PORT');
  const { clock, tracer, logger } = workspace;
  return connectTorch(
    { ...choice, address: requireTrainerAddress(address) },
    {
      ...{ file: runFile, clock, tracer, logger, signal },
      patienceMs: 1000 * choice.patience,
      onAbsence: (absence) => tellAbsence(workspace, absence),
    },
  );
}

/** In the log, and as an alarm of every run at work, for as long as the client has patience. */
function tellAbsence({ logger, ledger, atWork }: Workspace, { address, isBack }: TrainerAbsence): void {
  const message = isBack
    ? `The trainer at ${address} is there again.`
    : `The trainer at ${address} does not answer; it is waited for.`;
  logger.warn(message, { alarm: 'trainer_lost' });
  for (const run of atWork) {
    ledger.recordAlarm(run, 'trainer_lost', message).catch((failure: unknown) => {
      logger.warn(`an alarm of run ${run} was not recorded: ${String(failure)}`, { run });
    });
  }
}

function engineUrls({ config, runFile, places = {} }: RunPortsOptions): readonly string[] | undefined {
  const choice = config.engine?.openai;
  if (choice === undefined) {
    if (places.engines === undefined) return undefined;
    const allowed = 'none: the run file has no engine: { openai: {} }';
    throw new BadInputError({ source: '--engine', found: places.engines.join(), allowed });
  }
  const urls = places.engines ?? choice.urls;
  if (urls === undefined) throw unplaced(runFile, 'engine.openai.urls', '--engine URL');
  return urls;
}

function openAiEngines(
  urls: readonly string[],
  { engine }: RunConfig,
): Pick<Workspace, 'engines' | 'closeEngines'> {
  const flavour = engine?.openai.flavour;
  return {
    engines: (count) =>
      Promise.all(
        Array.from({ length: count }, (_, at): Promise<Engine> => {
          const baseUrl = urls[at % urls.length];
          return OpenAiEngine.connect({ baseUrl, ...(flavour === undefined ? {} : { flavour }) });
        }),
      ),
    closeEngines: async (engines) => {
      for (const one of engines) await one.close();
    },
  };
}

function unplaced(source: string, place: string, flag: string): BadInputError {
  const allowed = `where it listens, there or by ${flag}; majlis up starts it and fills that in`;
  return new BadInputError({ source, place, found: 'nothing', allowed });
}
