/**
 * A rollout worker as a process. Told to stop it takes nothing more, finishes what it can within the drain time-out, hands
 * the rest back and ends with status 0; told again, or on short notice, it hands everything back at once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBus } from '../../../core/bus/nats-bus.js';
import { workerSubjects } from '../../../core/bus/nats/permitted-subjects.js';
import { rolloutQueueNames } from '../../../core/bus/subjects.js';
import { EmbeddedEngine } from '../../../core/engine/embedded-engine.js';
import { OpenAiEngine } from '../../../core/engine/openai-engine.js';
import { BadInputError } from '../../../core/errors.js';
import type { Logger } from '../../../core/telemetry/logger.js';
import { busMetrics } from '../../../core/telemetry/metrics/bus-metrics.js';
import { ObservedEngine } from '../../../core/telemetry/observed-engine.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { newWorkerSeal, sealedName } from '../../../core/trust/worker-seal.js';
import type { AnswerDecoder } from '../../../workers/rollout/answer-task.js';
import { attachToCoordinator } from '../../../workers/rollout/rpc/attach-to-coordinator.js';
import type { CoordinatorPlace } from '../../../workers/rollout/rpc/attach-to-coordinator.js';
import { RolloutWorker } from '../../../workers/rollout/rollout-worker.js';
import { AnnouncedPolicies } from '../../../workers/rollout/session/announced-policies.js';
import { FleetWorker } from '../../../workers/rollout/session/fleet-worker.js';
import { policyDecoders } from '../../../workers/rollout/session/policy-decoders.js';
import { PolicyStore } from '../../../workers/rollout/session/policy-store.js';
import { SOFTWARE } from '../../control/protocol-limits.js';
import { busTrust } from '../../fleet/bus-flags.js';
import type { BusFlags } from '../../fleet/bus-flags.js';
import { loggedBus } from '../../fleet/logged-bus.js';
import { offerMetrics } from '../../telemetry/offer-metrics.js';
import { openTelemetry, type OpenTelemetry } from '../../telemetry/process-telemetry.js';
import { workerMetricsObserver } from '../../telemetry/worker-metrics-observer.js';
import { openHealth, type HealthFlags } from '../../trust/health-flags.js';
import { openClientTrust } from '../../trust/client-trust-flags.js';
import type { ClientTrustFlags } from '../../trust/client-trust-flags.js';
import type { CommandResult, Session } from '../session.js';
import { telemetryChoice, type TelemetryFlags } from '../telemetry-flags.js';
import { coordinatorPlace } from './coordinator-place.js';
import { ServedArtifacts } from './served-artifacts.js';

/** Flags of `majlis worker rollout`, as commander parses them. */
export interface RolloutFlags extends BusFlags, ClientTrustFlags, HealthFlags, TelemetryFlags {
  readonly coordinator?: string;
  readonly engine?: string;
  readonly tokenizer?: string;
  readonly slots: number;
  readonly drainTimeout: number;
  readonly shortNotice?: boolean;
  readonly name?: string;
  readonly policies?: string;
  readonly artifacts?: string;
}

const LEASE_HEARTBEAT_MS = 5000;
const RETRY_MS = 200;
/** How long the bus may take to hear what is handed back. */
const HANDING_BACK_MS = 5000;
const LINGERING_MS = 1000;
const MILLISECONDS = 1000;

/** Works until it is drained. One that the coordinator refuses ends with that one's sentence. */
export async function serveRollouts(
  flags: RolloutFlags & { readonly workspace: string },
  session: Session,
): Promise<CommandResult> {
  if (flags.bus === undefined) {
    const allowed = '--bus nats://HOST:PORT, the servers that the coordinator was started with';
    throw new BadInputError({ source: 'worker rollout', found: 'no --bus', allowed });
  }
  const { traceUrl } = telemetryChoice(flags, session.environment);
  const telemetry = await openTelemetry({ service: 'majlis-worker', traceUrl });
  const worker = new WorkerProcess({ ...flags, bus: flags.bus }, session, telemetry);
  try {
    return await worker.run();
  } finally {
    await worker.close();
    // A connection to a server that hangs keeps a process for minutes, and nothing is left to be done.
    setTimeout(() => process.exit(), LINGERING_MS).unref();
  }
}

type Flags = RolloutFlags & { readonly workspace: string; readonly bus: readonly string[] };

class WorkerProcess {
  private readonly name: string;
  private readonly seal = newWorkerSeal();
  private readonly logger: Logger;
  private readonly closers: (() => Promise<void> | void)[] = [];
  private done = 0;
  private returned = 0;

  constructor(
    private readonly flags: Flags,
    private readonly session: Session,
    private readonly telemetry: OpenTelemetry,
  ) {
    this.name = flags.name ?? `${hostname()}-${process.pid}`;
    this.logger = telemetry.logger;
    this.closers.push(() => telemetry.close());
  }

  async run(): Promise<CommandResult> {
    const { flags, name, session } = this;
    const { terminal } = session;
    const trust = await openClientTrust(flags, this.context());
    const place = coordinatorPlace({ ...flags, ...trust });
    const artifacts = new ServedArtifacts(session.clock, this.telemetry.tracer);
    this.closers.push(() => artifacts.close());
    const decoderOf = await this.decoders();
    const engine = await this.openEngine();
    const bus = await this.connectBus(artifacts);
    const policies = await this.policies(artifacts);
    const fleet = this.fleetWorker({ engine, bus, policies, place, artifacts, decoderOf });
    await this.tellHealth(fleet);
    await this.offerMetrics();
    terminal.say(`majlis: worker ${name} takes tasks of pool ${flags.pool}`);
    await this.untilDrained(fleet);
    return {
      json: { worker: name, answered: this.done, returned: this.returned },
      text: `worker ${name} has ended: ${this.done} tasks answered, ${this.returned} handed back`,
    };
  }

  async close(): Promise<void> {
    for (const end of this.closers.splice(0).reverse()) await end();
  }

  private context(): { readonly clock: Session['clock']; readonly say: (sentence: string) => void } {
    const { clock, terminal } = this.session;
    return { clock, say: (sentence) => terminal.say(sentence) };
  }

  private async openEngine(): Promise<ObservedEngine> {
    const { engine: baseUrl } = this.flags;
    const engine =
      baseUrl === undefined ? await EmbeddedEngine.open() : await OpenAiEngine.connect({ baseUrl });
    this.closers.push(() => engine.close());
    return new ObservedEngine(engine, { ...this.telemetry, clock: this.session.clock });
  }

  private async connectBus(artifacts: ServedArtifacts): Promise<NatsBus> {
    const { bus: url, release, pool } = this.flags;
    const { inboxPrefix } = workerSubjects(release, pool);
    const { clock } = this.session;
    const trust = await busTrust(this.flags);
    const observer = loggedBus(busMetrics(this.telemetry.metrics), this.logger);
    const bus = await NatsBus.connect({ url, release, clock, artifacts, inboxPrefix, observer, ...trust });
    this.closers.push(() => bus.close());
    return bus;
  }

  private async policies(artifacts: ServedArtifacts): Promise<AnnouncedPolicies> {
    const { policies: given } = this.flags;
    const folder = given ?? (await mkdtemp(join(tmpdir(), 'majlis-policies-')));
    if (given === undefined) this.closers.push(() => rm(folder, { recursive: true, force: true }));
    const store = new PolicyStore({ folder, artifacts });
    await store.open();
    return new AnnouncedPolicies({ store, clock: this.session.clock });
  }

  private async decoders(): Promise<Decoders> {
    const { tokenizer } = this.flags;
    if (tokenizer === undefined) return { decoderOf: policyDecoders() };
    const own = await openChatTokenizer(tokenizer);
    return { decoderOf: async () => own, tokenizerHash: own.hash };
  }

  private fleetWorker(parts: WorkerParts): FleetWorker {
    const { flags, name, logger } = this;
    const { clock } = this.session;
    const { engine, bus, policies, place, artifacts, decoderOf: decoders } = parts;
    const { decoderOf, tokenizerHash } = decoders;
    const worker = new RolloutWorker({
      ...{
        name: sealedName(name, this.seal),
        bus,
        queues: rolloutQueueNames(flags.pool),
        engine,
        policies,
        decoderOf,
        clock,
      },
      ...{ slots: flags.slots, heartbeatMs: LEASE_HEARTBEAT_MS, retryDelayMs: RETRY_MS },
      tracer: this.telemetry.tracer,
      observer: {
        ...workerMetricsObserver(this.telemetry.metrics),
        taskDone: () => (this.done += 1),
        taskFailed: (taskId, error, handling) => {
          if (handling === 'returned') this.returned += 1;
          logger.warn(`task ${taskId ?? '(undecodable)'} was ${handling}: ${error.message}`);
        },
        heartbeatFailed: (taskId, error) =>
          logger.warn(`the lease of task ${taskId} was not extended: ${error.message}`),
        loadChanged: () => fleet.loadChanged(),
      },
    });
    let newest: CoordinatorPlace | undefined;
    let lost: string | undefined;
    const openSession = attachToCoordinator(async () => (newest = await place()), SOFTWARE);
    const { engine: baseUrl } = flags;
    const fleet = new FleetWorker({
      ...{ worker, policies, clock, open: openSession },
      drainLimitMs: this.drainLimitMs,
      sampledTokens: () => engine.sampledTokens,
      hello: {
        ...{ worker: name, pool: flags.pool, slots: flags.slots, sealDigest: this.seal.digest },
        ...{ engineFingerprint: engine.fingerprint, deterministic: engine.deterministic },
        // The embedded engine takes on the length of each policy.
        ...(baseUrl === undefined ? {} : { contextLength: engine.contextLength }),
        ...(tokenizerHash === undefined ? {} : { tokenizerHash }),
      },
      onWelcome: ({ artifactsPort }) => {
        this.session.terminal.say(`majlis: attached to the coordinator at ${newest?.address ?? '?'}`);
        lost = undefined;
        if (newest !== undefined) artifacts.use(newest, artifactsPort, flags.artifacts);
      },
      onLost: ({ message }) => {
        // Once for each reason: it is tried every few seconds, for as long as it takes.
        if (message !== lost) logger.warn(`no session with the coordinator: ${message}`);
        lost = message;
      },
      onPolicyFailed: (hash, { message }) =>
        logger.warn(`policy ${hash} could not be loaded: ${message}`, { policy: hash }),
    });
    return fleet;
  }

  private get drainLimitMs(): number {
    const { shortNotice, drainTimeout } = this.flags;
    return shortNotice === true ? 0 : drainTimeout * MILLISECONDS;
  }

  private async tellHealth(fleet: FleetWorker): Promise<void> {
    const { terminal } = this.session;
    const say = (sentence: string): void => terminal.say(sentence);
    const health = await openHealth(this.flags, { ready: () => fleet.notReady }, say);
    if (health !== undefined) this.closers.push(() => health.close());
  }

  private async offerMetrics(): Promise<void> {
    const { metricsPort: port, metricsHost: host } = this.flags;
    if (port === undefined) return;
    const endpoint = await offerMetrics(this.telemetry.metrics, { port, host });
    this.closers.push(() => endpoint.close());
    this.session.terminal.say(`majlis: metrics at ${endpoint.url}`);
  }

  /** Ends with the worker or, once it was told to stop, when its time is over: what it holds is leased again anyhow. */
  private async untilDrained(fleet: FleetWorker): Promise<void> {
    const { terminal, clock } = this.session;
    let cancel = (): void => undefined;
    const overdue = new Promise<'overdue'>((resolve) => {
      const drain = (limitMs: number): void => {
        fleet.drain(limitMs);
        cancel();
        cancel = clock.alarm(limitMs + HANDING_BACK_MS, () => resolve('overdue'));
      };
      this.onStop((times) => {
        const limitMs = times === 1 ? this.drainLimitMs : 0;
        const seconds = Math.round(limitMs / MILLISECONDS);
        terminal.say(
          limitMs === 0
            ? 'majlis: handing back what is in work'
            : `majlis: finishing what is in work, for ${seconds} s; once more hands it back at once`,
        );
        drain(limitMs);
      });
    });
    const end = await Promise.race([fleet.run(), overdue]);
    cancel();
    if (end === 'overdue') {
      terminal.say('majlis: not all was handed back; it is leased again when its leases run out');
      process.exit(0);
    }
  }

  private onStop(stop: (times: number) => void): void {
    const { session } = this;
    let times = 0;
    const again = (): void => stop((times += 1));
    if (session.takeOverStops !== undefined) session.takeOverStops(again);
    else session.signal.addEventListener('abort', again, { once: true });
  }
}

interface Decoders {
  readonly decoderOf: (policy: {
    readonly hash: string;
    readonly location: string;
    readonly version: number;
  }) => Promise<AnswerDecoder>;
  readonly tokenizerHash?: string;
}

interface WorkerParts {
  readonly engine: ObservedEngine;
  readonly bus: NatsBus;
  readonly policies: AnnouncedPolicies;
  readonly place: () => Promise<CoordinatorPlace>;
  readonly artifacts: ServedArtifacts;
  readonly decoderOf: Decoders;
}
