import { once } from 'node:events';
import { createRewardService } from '../../../reward/serving/create-reward-service.js';
import { DEFAULT_REWARD_LIMITS, type RewardLimits } from '../../../reward/serving/reward-limits.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { tracedRewards } from '../../../reward/serving/traced-rewards.js';
import { keptLines } from '../../serving/kept-lines.js';
import { openRewardFaces, type FaceAddresses } from '../../serving/reward-faces.js';
import {
  offerRewardGauges,
  rewardHttpMetricsObserver,
  rewardMetricsObserver,
} from '../../serving/reward-metrics.js';
import { RewardsKeeper, type KeptReward } from '../../serving/rewards-keeper.js';
import { ServedTrainers } from '../../serving/served-trainers.js';
import { whyUnready } from '../../serving/why-unready.js';
import { servedChoice, type ServedFlags } from '../../serving/served-choice.js';
import { offerMetrics } from '../../telemetry/offer-metrics.js';
import { openTelemetry, type ProcessTelemetry } from '../../telemetry/process-telemetry.js';
import { rpcTelemetry } from '../../telemetry/rpc-telemetry.js';
import { openHealth, type HealthFlags } from '../../trust/health-flags.js';
import { openServerTrust, type ServerTrust, type ServerTrustFlags } from '../../trust/server-trust-flags.js';
import type { CommandResult, Session } from '../session.js';
import { telemetryChoice, type TelemetryFlags } from '../telemetry-flags.js';

/** The options of `majlis reward serve`. */
export interface ServeRewardsFlags
  extends ServedFlags, FaceAddresses, HealthFlags, Omit<ServerTrustFlags, 'listen'>, TelemetryFlags {
  readonly threads: number;
}

/** What the rest of a serving process stands on. */
interface Serving {
  readonly flags: ServeRewardsFlags;
  readonly session: Session;
  readonly telemetry: ProcessTelemetry;
  readonly rewards: ServedRewards;
  readonly keeper: RewardsKeeper;
  /** Told of what makes it ready, or not any more. */
  readonly changes: EventTarget;
}

/** How long trainers may take to delete the models of a server that stops. */
const FREEING_MS = 5000;
/** A trainer went away or is back, or an alias names another reward. */
const CHANGED = 'changed';

/**
 * Serves rewards until the person asks to stop; then it says that it is not ready, finishes the requests that it has within the time
 * to drain, and leaves.
 */
export async function serveRewards(flags: ServeRewardsFlags, session: Session): Promise<CommandResult> {
  const { traceUrl } = telemetryChoice(flags, session.environment);
  const telemetry = await openTelemetry({ service: 'majlis-reward', traceUrl });
  const rewards = new ServedRewards();
  const changes = new EventTarget();
  const { clock, terminal } = session;
  const trainers = new ServedTrainers({
    ...{ threads: flags.threads, clock, logger: telemetry.logger, signal: session.signal },
    onChange: (sentence) => {
      terminal.say(`majlis: ${sentence}`);
      changes.dispatchEvent(new Event(CHANGED));
    },
  });
  try {
    const keeper = await openKeeper(flags, { session, telemetry, rewards, trainers, changes });
    try {
      return await serveKept({ flags, session, telemetry, rewards, keeper, changes });
    } finally {
      // A trainer that says nothing does not keep this server.
      const giveUp = clock.alarm(FREEING_MS, () => void trainers.close());
      await keeper.close().finally(giveUp);
    }
  } finally {
    await trainers.close();
    await telemetry.close();
  }
}

async function openKeeper(
  flags: ServedFlags,
  {
    session: { terminal },
    telemetry,
    rewards,
    trainers,
    changes,
  }: Pick<Serving, 'session' | 'telemetry' | 'rewards' | 'changes'> & { readonly trainers: ServedTrainers },
): Promise<RewardsKeeper> {
  const choice = servedChoice(flags);
  const reloads = telemetry.metrics.counter('majlis_reward_reloads_total');
  const keeper = await RewardsKeeper.open({
    ...{ ...choice, rewards, trainers },
    onTaken: (kept) => {
      reloads.inc({ outcome: 'taken' });
      terminal.say(`majlis: took up ${choice.file} again`);
      for (const line of keptLines(kept)) terminal.say(`majlis: ${line}`);
      changes.dispatchEvent(new Event(CHANGED));
    },
    onRefused: ({ message }) => {
      reloads.inc({ outcome: 'refused' });
      terminal.say(`majlis: ${message}; what was served before stays`);
    },
  });
  for (const line of keptLines(keeper.kept)) terminal.say(`majlis: ${line}`);
  return keeper;
}

async function serveKept(serving: Serving): Promise<CommandResult> {
  const { flags, session, telemetry } = serving;
  const { metricsPort: port, metricsHost: host } = flags;
  const { terminal, clock } = session;
  const trust = await openServerTrust(flags, { clock, say: (sentence) => terminal.say(sentence) });
  try {
    if (port === undefined) return await serveTrusted(serving, trust);
    const endpoint = await offerMetrics(telemetry.metrics, { port, host });
    terminal.say(`majlis: metrics at ${endpoint.url}`);
    return await serveTrusted(serving, trust).finally(() => endpoint.close());
  } finally {
    trust.close();
  }
}

async function serveTrusted(
  { flags, session, telemetry, rewards, keeper, changes }: Serving,
  trust: ServerTrust,
): Promise<CommandResult> {
  const { metrics, logger: log } = telemetry;
  const { clock, signal, terminal } = session;
  const say = (sentence: string): void => terminal.say(`majlis: ${sentence}`);
  const kept = (): readonly KeptReward[] => keeper.kept;
  const observer = rewardMetricsObserver(metrics, kept);
  const service = createRewardService({ rewards, limits: limitsOf(keeper), clock, observer });
  offerRewardGauges(metrics, { status: () => service.status(), kept });
  const faces = await openRewardFaces({
    ...{ ...flags, trust, clock, log },
    service: tracedRewards(service, telemetry.tracer),
    ...{ observer: rewardHttpMetricsObserver(metrics), calls: rpcTelemetry(telemetry) },
    bodyBytes: keeper.config.limits.bodyBytes,
    canScore: () => whyUnready(keeper.kept) === undefined,
  });
  changes.addEventListener(CHANGED, () => faces.refresh());
  faces.refresh();
  try {
    const { http, grpc } = faces.addresses;
    if (http !== undefined) say(`rewards over HTTP at ${http}`);
    if (grpc !== undefined) say(`rewards over gRPC at ${grpc}`);
    const ready = (): string | undefined => (signal.aborted ? 'it is stopping' : whyUnready(keeper.kept));
    const health = await openHealth(flags, { ready }, (sentence) => terminal.say(sentence));
    try {
      if (!signal.aborted) await once(signal, 'abort');
      faces.retire();
      await service.drain(keeper.config.drainMs);
    } finally {
      await health?.close();
    }
  } finally {
    await faces.close();
  }
  return { json: faces.addresses, text: '' };
}

/** As the configuration says; those of callers as it says at the time of the call. */
function limitsOf(keeper: RewardsKeeper): RewardLimits {
  const { limits } = keeper.config;
  return {
    ...DEFAULT_REWARD_LIMITS,
    ...limits,
    caller: (name) => {
      const { everyCaller, callers } = keeper.config.limits;
      return Object.hasOwn(callers, name) ? callers[name] : everyCaller;
    },
  };
}
