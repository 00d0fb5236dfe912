import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../core/runtime/clock.js';
import { startNatsServer, type NatsServer, type NatsVersion } from '../../support/nats-server.js';
import type { FleetBug } from './fleet-bugs.js';
import type { FleetSchedule } from './fleet-schedule.js';
import { Pod, type PodEnd, type PodKind } from './pod.js';
import type { PodOrder } from './pod-order.js';
import type { PodEvent } from './pod-event.js';
import { StallingProxy } from './stalling-proxy.js';

const WORKERS = 2;

/** What a fleet is made of. */
export interface FleetOptions {
  /** Of the NATS server; 2.14 unless told. */
  readonly version?: NatsVersion;
  readonly bug?: FleetBug;
  /** Tasks, and results, that travel as one message of the bus. */
  readonly parcelSize?: number;
}

/** A NATS server, a proxy before it for each pod that speaks with it, and the pods. What they say is heard in order. */
export class Fleet {
  readonly folder = mkdtempSync(join(tmpdir(), 'majlis-fleet-'));
  readonly events: PodEvent[] = [];
  readonly pods = new Map<string, Pod>();
  private readonly proxies = new Map<string, StallingProxy>();
  private readonly ports = new Map<PodKind, number>();
  private readonly listeners = new Set<(event: PodEvent) => void>();

  private constructor(
    readonly nats: NatsServer,
    private readonly bug: FleetBug | undefined,
    private readonly parcelSize: number,
  ) {}

  /** NATS, trainer and gateway work when this resolves. */
  static async start({ version, bug, parcelSize = 1 }: FleetOptions = {}): Promise<Fleet> {
    const nats = await startNatsServer(version === undefined ? {} : { version });
    const fleet = new Fleet(nats, bug, parcelSize);
    await Promise.all([fleet.startServer('trainer'), fleet.startServer('gateway')]);
    return fleet;
  }

  /** Starts the coordinator and, once the queues are there, the workers. */
  async work(mischief: FleetSchedule['mischief']): Promise<Pod> {
    const coordinator = await this.startCoordinator();
    await Promise.race([this.readyOf('coordinator'), failureOf(coordinator)]);
    for (let at = 0; at < WORKERS; at += 1) await this.startWorker(`worker-${at}`, mischief[at]);
    return coordinator;
  }

  onEvent(listener: (event: PodEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  pod(name: string): Pod {
    const pod = this.pods.get(name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }

  proxy(name: string): StallingProxy {
    const proxy = this.proxies.get(name);
    if (proxy === undefined) throw new Error(`pod ${name} has no proxy`);
    return proxy;
  }

  /** Starts the coordinator, or goes on with it. */
  async startCoordinator(): Promise<Pod> {
    const servers = { trainer: this.portOf('trainer'), gateway: this.portOf('gateway') };
    return this.startPod('coordinator', {
      name: 'coordinator',
      nats: await this.door('coordinator'),
      parcelSize: this.parcelSize,
      ...servers,
    });
  }

  async startWorker(name: string, mischief?: PodOrder['mischief']): Promise<Pod> {
    const told = mischief === undefined ? {} : { mischief };
    return this.startPod('worker', { name, nats: await this.door(name), ...told });
  }

  /** Starts the trainer or the gateway, again where it was before, and resolves when it listens. */
  async startServer(kind: 'trainer' | 'gateway'): Promise<void> {
    const before = this.ports.get(kind);
    const pod = this.startPod(kind, { name: kind, ...(before === undefined ? {} : { listen: before }) });
    const port = await Promise.race([this.readyOf(kind), failureOf(pod)]);
    if (port !== undefined) this.ports.set(kind, port);
  }

  /** Kills every process that is left, and forgets what they wrote. */
  async stop(): Promise<void> {
    for (const pod of this.pods.values()) pod.signal('SIGKILL');
    await Promise.all([...this.pods.values()].map(({ ended }) => ended));
    for (const proxy of this.proxies.values()) await proxy.close();
    await this.nats.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Resolves when the pod next says that it is ready, with the port that it listens on. */
  private readyOf(name: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      const stop = this.onEvent(({ pod, happening }) => {
        if (pod !== name || happening.what !== 'ready') return;
        stop();
        resolve(happening.port);
      });
    });
  }

  private portOf(kind: PodKind): number {
    const port = this.ports.get(kind);
    if (port === undefined) throw new Error(`no ${kind} listens`);
    return port;
  }

  /** The port of the pod's own proxy before NATS. */
  private async door(name: string): Promise<number> {
    const proxy = this.proxies.get(name) ?? (await StallingProxy.start(this.nats.port));
    this.proxies.set(name, proxy);
    return proxy.port;
  }

  private startPod(kind: PodKind, order: Omit<PodOrder, 'folder' | 'bug'>): Pod {
    const bug = this.bug === undefined ? {} : { bug: this.bug };
    const pod = new Pod(kind, { ...order, folder: this.folder, ...bug }, (event) => this.hear(event));
    this.pods.set(order.name, pod);
    this.hear({ pod: order.name, atMs: systemClock.now(), happening: { what: 'started' } });
    return pod;
  }

  private hear(event: PodEvent): void {
    this.events.push(event);
    for (const listener of [...this.listeners]) listener(event);
  }
}

async function failureOf(pod: Pod): Promise<never> {
  const { end, stderr }: PodEnd = await pod.ended;
  throw new Error(`pod ${pod.name} ${end}: ${stderr}`);
}
