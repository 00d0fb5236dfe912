import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Manifest } from './manifest.js';
import type { RenderedContainer, RenderedPod } from './rendered-pod.js';

const configSchema = z.looseObject({ data: z.record(z.string(), z.string()) });
const sourceSchema = z.looseObject({ configMap: z.object({ name: z.string() }).optional() });

/** Where a pod runs, outside Kubernetes. */
export interface PodPlace {
  readonly name: string;
  /** Its address: one of the loopback network, so that each pod has the ports that it is rendered with. */
  readonly address: string;
  /** Holds what its volumes hold; a pod that comes back with the same folder has the same claims. */
  readonly folder: string;
  /** Words that start a program, by the name that images have it under. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** Addresses by the names of Services. */
  readonly services: Readonly<Record<string, string>>;
  readonly manifests: readonly Manifest[];
}

/**
 * The first container of a rendered pod as a plain process: its command, arguments, environment and mounted files as they are
 * rendered, and only what a cluster would do changed: names of Services are addresses, paths of mounts are folders, and
 * "every address" is the pod's own.
 */
export class PodProcess {
  private child: ChildProcess | undefined;
  private said: Promise<string> | undefined;

  constructor(
    readonly pod: RenderedPod,
    private readonly place: PodPlace,
  ) {
    this.mount();
  }

  get container(): RenderedContainer {
    const [container] = this.pod.spec.containers;
    if (container === undefined) throw new Error(`${this.pod.owner} has no container`);
    return container;
  }

  get address(): string {
    return this.place.address;
  }

  /** Starts the process that the container starts. */
  start(): void {
    const { command, args } = this.container;
    this.child = this.spawned([...command, ...args], 'pipe');
    const { stderr } = this.child;
    this.said = stderr === null ? Promise.resolve('') : text(stderr);
  }

  /** Runs a command in the pod, as `kubectl exec` does, and gives what it printed; throws with what it said if it failed. */
  async exec(words: readonly string[]): Promise<string> {
    const child = this.spawned(words, 'pipe');
    const { stdout, stderr } = child;
    if (stdout === null || stderr === null) throw new Error('no output');
    const [printed, said] = await Promise.all([text(stdout), text(stderr), once(child, 'close')]);
    if (child.exitCode !== 0) throw new Error(`${words.join(' ')} exited with ${child.exitCode}: ${said}`);
    return printed;
  }

  /** Whether its process is gone. */
  get hasEnded(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends the signal and gives the exit status, null after SIGKILL. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this;
    if (child === undefined || this.hasEnded) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  /** What a process that ended has said; throws where it still runs as it should. */
  async complaint(): Promise<string | undefined> {
    if (this.child?.exitCode == null) return undefined;
    return `${this.pod.owner} exited with ${this.child.exitCode}: ${await this.said}`;
  }

  private spawned(words: readonly string[], output: 'pipe'): ChildProcess {
    const [program = '', ...rest] = words;
    const [executable = program, ...before] = this.place.programs[program] ?? [program];
    const variables = this.container.env.map(({ name, value }): [string, string] => [
      name,
      value === undefined ? this.place.name : this.here(value),
    ]);
    return spawn(executable, [...before, ...rest.map((word) => this.here(word))], {
      env: { PATH: process.env['PATH'], ...Object.fromEntries(variables) },
      stdio: ['ignore', output, output],
    });
  }

  /** A rendered text with what a cluster would make of it. Paths are replaced in one pass, since a folder may hold `/tmp` too. */
  private here(rendered: string): string {
    const { name, address, services } = this.place;
    const paths = this.container.volumeMounts
      .map(({ mountPath }) => mountPath)
      .sort((a, b) => b.length - a.length);
    const mounted = new RegExp(`(?<=^|[=:"\\s])(${paths.join('|')})(?=/|"|$)`, 'gm');
    let found = rendered.replace(mounted, (path) => join(this.place.folder, path));
    for (const [service, at] of Object.entries(services)) found = found.replaceAll(service, at);
    return found.replaceAll('$(POD_NAME)', name).replaceAll('0.0.0.0', address);
  }

  private mount(): void {
    for (const { name, mountPath, subPath } of this.container.volumeMounts) {
      const path = join(this.place.folder, mountPath);
      mkdirSync(subPath === undefined ? path : dirname(path), { recursive: true });
      const volume = sourceSchema.parse(this.pod.spec.volumes.find((one) => one.name === name) ?? {});
      if (volume.configMap === undefined) continue;
      const config = this.place.manifests.find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume.configMap?.name,
      );
      for (const [key, content] of Object.entries(configSchema.parse(config).data)) {
        if (subPath === undefined) writeFileSync(join(path, key), this.here(content));
        else if (key === subPath) writeFileSync(path, this.here(content));
      }
    }
  }
}
