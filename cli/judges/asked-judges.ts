import { dirname, join, resolve } from 'node:path';
import { readJsonLines } from '../../core/config/read-json-lines.js';
import type { JudgesOptions } from '../../core/config/judges-options.js';
import { BadInputError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import { readGatewayConfig } from '../../reward/gateway/gateway-config.js';
import { createHumanJudges } from '../../reward/judge/human-judge.js';
import type { Judge } from '../../reward/judge/judge.js';
import { createRecordedJudges } from '../../reward/judge/recorded-judge.js';
import { readVerdicts } from '../../reward/judge/recorded-verdicts.js';
import { labelLineSchema, type LabelLine } from '../labelling/label-line.js';
import { ENDPOINT, endpointGateway, type JudgeEndpoint } from './judge-endpoint.js';
import type { OpenGateway } from './open-gateway.js';

export interface JudgeFiles {
  readonly judges: JudgesOptions;
  /** Paths in its `judges` are relative to it. */
  readonly runFile: string;
}

export interface AskedJudgesOptions extends JudgeFiles {
  /** An endpoint that a person named on the command line. */
  readonly endpoint?: JudgeEndpoint;
  readonly workspace: string;
  /** Whose budget pays. */
  readonly run: string;
  readonly clock: Clock;
  readonly tracer?: Tracer;
}

/** The judges of a run who are no code of ours: language models behind a gateway, records, and people by their labels. */
export interface AskedJudges {
  /** Those who judge these pairs, by id; a label for another pair is a BadInputError. */
  among(pairIds: ReadonlySet<string>): Promise<readonly Judge[]>;
  close(): Promise<void>;
}

/** Where rules and what they teach judge alone. */
export const NOBODY_ASKED: AskedJudges = { among: async () => [], close: async () => undefined };

/** Reads all the files that say who is asked, and asks and opens nothing; how many language models there are. */
export async function checkAskedJudges(options: JudgeFiles): Promise<number> {
  await recordedJudges(options);
  await labelFiles(options);
  const { gateway, only } = options.judges;
  if (gateway === undefined) return 0;
  const configPath = beside(options, gateway);
  const config = await readGatewayConfig(configPath);
  const { judgeIds } = await gatewayModule();
  return judgeIds({ config, configPath, ...(only === undefined ? {} : { only }) }).length;
}

/** Opens a run's judges. Bad files are refused here, and nobody is asked anything yet. */
export async function openAskedJudges(options: AskedJudgesOptions): Promise<AskedJudges> {
  const recorded = await recordedJudges(options);
  const labelled = await labelFiles(options);
  const gateway = await gatewayOf(options);
  return {
    among: async (pairIds) => [...(gateway?.judges ?? []), ...recorded, ...annotators(labelled, pairIds)],
    close: async () => gateway?.close(),
  };
}

/** Loaded where a run asks language models: most ask none, and it is large. */
const gatewayModule = () => import('./open-gateway.js');

async function gatewayOf(options: AskedJudgesOptions): Promise<OpenGateway | undefined> {
  const { judges, endpoint, workspace, run, clock, tracer } = options;
  if (endpoint !== undefined && judges.gateway !== undefined) {
    throw new BadInputError({
      ...{ source: '--judge', found: `an endpoint beside judges.gateway of ${options.runFile}` },
      allowed: 'one of the two; the gateway file takes any number of endpoints',
    });
  }
  if (endpoint === undefined && judges.gateway === undefined) return undefined;
  const { openGateway } = await gatewayModule();
  if (endpoint !== undefined) {
    const keys = endpoint.apiKey === undefined ? {} : { keys: new Map([[ENDPOINT, endpoint.apiKey]]) };
    const config = endpointGateway(endpoint, resolve(workspace));
    const configPath = join(workspace, 'gateway.yaml');
    return openGateway({ config, configPath, serves: false, run, clock, tracer, ...keys });
  }
  if (judges.gateway === undefined) return undefined;
  const configPath = beside(options, judges.gateway);
  const only = judges.only === undefined ? {} : { only: judges.only };
  const config = await readGatewayConfig(configPath);
  return openGateway({ config, configPath, serves: true, run, clock, tracer, ...only });
}

async function recordedJudges(options: JudgeFiles): Promise<readonly Judge[]> {
  const paths = (options.judges.recorded ?? []).map((path) => beside(options, path));
  const judges = await Promise.all(
    paths.map(async (source) => createRecordedJudges(await readVerdicts(source), { source })),
  );
  return judges.flat();
}

/** One judge a person, whatever the number of files; each file is looked at by itself first, so that it is the one named. */
function annotators(files: readonly LabelledFile[], pairIds: ReadonlySet<string>): readonly Judge[] {
  for (const { source, labels } of files) createHumanJudges(labels, { source, pairIds });
  const source = files.map((file) => file.source).join(', ');
  return createHumanJudges(
    files.flatMap(({ labels }) => labels),
    { source, pairIds },
  );
}

interface LabelledFile {
  readonly source: string;
  readonly labels: readonly LabelLine[];
}

/** Which pairs there are is known later; whether a person contradicts himself is known now. */
async function labelFiles(options: JudgeFiles): Promise<readonly LabelledFile[]> {
  const sources = (options.judges.labels ?? []).map((path) => beside(options, path));
  const files = await Promise.all(
    sources.map(async (source) => ({ source, labels: await readJsonLines(source, labelLineSchema) })),
  );
  annotators(files, new Set(files.flatMap(({ labels }) => labels.map(({ pair }) => pair))));
  return files;
}

function beside({ runFile }: JudgeFiles, path: string): string {
  return resolve(dirname(runFile), path);
}
