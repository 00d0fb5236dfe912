import { dirname, resolve } from 'node:path';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { JudgementStore } from '../../core/judgements/judgement-store.js';
import { openSqliteJudgements } from '../../core/judgements/sqlite-judgements.js';
import type { Clock } from '../../core/runtime/clock.js';
import { createGateway } from '../../reward/gateway/create-gateway.js';
import type { GatewayConfig } from '../../reward/gateway/gateway-config.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Judge } from '../../reward/judge/judge.js';
import { connectGatewayJudge } from '../../reward/rpc/gateway-judge.js';
import { startGatewayServer } from './gateway-server.js';
import { gatewayAddress } from './gateway-address.js';
import { ensureGatewayToken } from './gateway-token.js';

export interface OpenGatewayOptions {
  readonly config: GatewayConfig;
  /** Where the configuration stood: its paths are relative to it. */
  readonly configPath: string;
  /** Whether others may ask it too, where its configuration says. */
  readonly serves: boolean;
  /** API keys by endpoint that no file holds. */
  readonly keys?: ReadonlyMap<string, string>;
  /** Ids of the judges that are asked; all that the gateway serves unless told. */
  readonly only?: readonly string[];
  /** Whose budget pays. */
  readonly run: string;
  readonly clock: Clock;
  readonly tracer?: Tracer | undefined;
}

/** Judges behind a gateway, for as long as it is open. */
export interface OpenGateway {
  readonly judges: readonly Judge[];
  close(): Promise<void>;
}

/**
 * A gateway's judges for one run. Where a process serves the gateway already, it is asked; else this one is the gateway as
 * long as the run lasts, and serves it to others, unless its file says that it is reached elsewhere. Either way there is one writer of the store, one set of limits and one budget.
 */
export async function openGateway(options: OpenGatewayOptions): Promise<OpenGateway> {
  const ids = judgeIds(options);
  const { config, configPath, clock } = options;
  if (config.listen.reachedAt !== undefined) return connected(ids, options);
  const store = await openUnlessServed(resolve(dirname(configPath), config.store), clock);
  if (store === undefined) return connected(ids, options);
  try {
    return await own(ids, store, options);
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

/** The judges of a gateway that a run asks; a BadInputError where the run file names one that it does not serve. */
export function judgeIds({
  config,
  configPath,
  only,
}: Pick<OpenGatewayOptions, 'config' | 'configPath' | 'only'>): readonly string[] {
  const served = config.judges.map(({ id }) => id);
  const unknown = only?.find((id) => !served.includes(id));
  if (unknown === undefined) return only ?? served;
  throw new BadInputError({
    ...{ source: 'run file', place: 'judges.only', found: JSON.stringify(unknown) },
    allowed: `judges of ${configPath}: ${served.join(', ')}`,
  });
}

async function openUnlessServed(file: string, clock: Clock): Promise<JudgementStore | undefined> {
  try {
    return await openSqliteJudgements(file, clock);
  } catch (thrown) {
    if (thrown instanceof MajlisError && thrown.reason === 'held') return undefined;
    throw thrown;
  }
}

async function own(
  ids: readonly string[],
  store: JudgementStore,
  { config, configPath, serves, keys, run, clock, tracer }: OpenGatewayOptions,
): Promise<OpenGateway> {
  const gateway = await createGateway({
    ...{ config, configPath, store, clock },
    ...(keys === undefined ? {} : { keys }),
    ...(tracer === undefined ? {} : { tracer }),
  });
  const token = serves ? await ensureGatewayToken(config, configPath) : undefined;
  const server =
    token === undefined
      ? undefined
      : await startGatewayServer({ gateway, config, configPath, token, clock, telemetry: { tracer } });
  const judges = gateway.served().filter(({ id }) => ids.includes(id));
  return {
    judges: judges.map((judge) => ({
      ...judge,
      judge: async (request, signal) => {
        return (await gateway.judge({ judgeId: judge.id, run, request }, signal)).verdict;
      },
    })),
    close: async () => {
      await (server === undefined ? gateway.drain(config.drainMs) : server.stop());
      await store.close();
    },
  };
}

async function connected(
  ids: readonly string[],
  { config, configPath, run, clock, tracer }: OpenGatewayOptions,
): Promise<OpenGateway> {
  const address = {
    ...(await gatewayAddress(config, configPath, clock)),
    ...(tracer === undefined ? {} : { tracer }),
  };
  const judges = await Promise.all(
    ids.map((judgeId) => connectGatewayJudge({ ...address, judgeId, run, clock })),
  );
  return {
    judges,
    close: async () => {
      for (const judge of judges) judge.close();
    },
  };
}
