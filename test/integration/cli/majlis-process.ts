import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { compiledModule } from '../../../core/runtime/package-root.js';

export interface FinishedProcess {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the compiled command line as a person would, in an environment of its own. */
export function startMajlis(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly finished: Promise<FinishedProcess> } {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [compiledModule('cli/main'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const finish = async (): Promise<FinishedProcess> => {
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    await closed;
    return { status: child.exitCode, stdout, stderr };
  };
  return { child, finished: finish() };
}

/** The same, until it ends. */
export function majlis(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<FinishedProcess> {
  return startMajlis(args, environment).finished;
}
