import { createInterface } from 'node:readline';
import { startMajlis, type FinishedProcess } from '../cli/majlis-process.js';

/** `majlis reward serve` as a process of its own, on free ports of loopback. */
export class RewardServer {
  readonly lines: string[] = [];
  private readonly wakes = new Set<() => void>();

  private constructor(private readonly started: ReturnType<typeof startMajlis>) {
    const { stderr } = started.child;
    if (stderr === null) throw new Error('the process has no stderr');
    createInterface({ input: stderr }).on('line', (line) => {
      this.lines.push(line);
      for (const wake of this.wakes) wake();
    });
  }

  /** Starts it and waits until it serves; `args` are those beside the addresses. */
  static async start(args: readonly string[]): Promise<RewardServer> {
    const ports = [
      '--http',
      '127.0.0.1:0',
      '--grpc',
      '127.0.0.1:0',
      '--health-port',
      '0',
      '--metrics-port',
      '0',
    ];
    const server = new RewardServer(startMajlis(['--json', 'reward', 'serve', ...ports, ...args]));
    await server.said(/health at/);
    return server;
  }

  get url(): string {
    return this.named(/over HTTP at (\S+)$/);
  }

  get grpc(): string {
    return this.named(/over gRPC at (\S+)$/);
  }

  get health(): string {
    return `http://${this.named(/health at (\S+)$/)}`;
  }

  get metrics(): string {
    return this.named(/metrics at (\S+)$/);
  }

  /** The first line on stderr that matches; one that comes later is waited for. */
  async said(pattern: RegExp): Promise<string> {
    const ended = this.started.finished.then(({ stderr }) =>
      Promise.reject(new Error(`it ended: ${stderr}`)),
    );
    ended.catch(() => undefined);
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await Promise.race([ended, new Promise<void>((resolve) => this.wakes.add(resolve))]);
    }
  }

  /** Asks it to stop. */
  stop(): Promise<FinishedProcess> {
    this.started.child.kill('SIGTERM');
    return this.started.finished;
  }

  private named(pattern: RegExp): string {
    const [, name] = this.lines.map((line) => pattern.exec(line)).find((found) => found !== null) ?? [];
    if (name === undefined)
      throw new Error(`no line of it matches ${String(pattern)}: ${this.lines.join('\n')}`);
    return name;
  }
}
