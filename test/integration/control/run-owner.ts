import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** A process that owns a workspace's ledger, in which the run `r1` is at work. */
export class RunOwner {
  private readonly exit: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: Interface,
  ) {
    this.exit = once(child, 'exit');
  }

  /** Starts it and waits until it serves. */
  static async start(workspace: string): Promise<RunOwner> {
    const script = join(__dirname, 'owner-process.cjs');
    const child = spawn(process.execPath, [script, workspace], { stdio: ['pipe', 'pipe', 'inherit'] });
    const owner = new RunOwner(child, createInterface({ input: child.stdout }));
    await owner.ready();
    return owner;
  }

  /** Finishes this many iterations. */
  async iterate(iterations: number): Promise<void> {
    await this.tell(`iterations ${iterations}`);
  }

  async setState(state: string): Promise<void> {
    await this.tell(`state ${state}`);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.stdin?.write('close\n');
    await this.exit;
  }

  private async tell(command: string): Promise<void> {
    const done = this.ready();
    this.child.stdin?.write(`${command}\n`);
    await done;
  }

  private async ready(): Promise<void> {
    const gone = this.exit.then(() => Promise.reject(new Error('the owner ended before it was ready')));
    await Promise.race([once(this.lines, 'line'), gone]);
  }
}
