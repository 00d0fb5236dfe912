import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../core/runtime/package-root.js';

const EXECUTABLE = join(packageRoot, '.venv/bin/moto_server');

/** A server of the S3 API (moto) on a free port of the loopback address. Its objects are in its memory. */
export interface MotoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A suite against a real server of the S3 API. Without one it is skipped, in so many words; on CI it runs, and fails. */
export function describeWithMoto(title: string, body: () => void): void {
  if (existsSync(EXECUTABLE) || process.env['CI'] === 'true') describe(title, body);
  else describe.skip(`${title} (SKIP: no moto_server; see test/requirements.txt)`, body);
}

/** Starts a server and resolves when it listens. */
export async function startMotoServer(): Promise<MotoServer> {
  const child = spawn(EXECUTABLE, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: child.stderr })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url === undefined) continue;
    // What it says of each request is read and dropped, so that it never waits for a reader.
    child.stderr.resume();
    return {
      url,
      stop: async () => {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      },
    };
  }
  throw new Error('moto_server ended before it listened');
}
