import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { OpenAiEngine } from '../../core/engine/openai-engine.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import { startGeneratorProcess } from '../commands/trainer/generator-process.js';
import type { LineListener, Service } from './service.js';
import { startCommand } from './start-command.js';

export interface EngineToStart {
  /** A Hugging Face directory. */
  readonly model: string;
  /** In words, with `{model}` and `{port}` in them; the CPU generator where it is left out. */
  readonly command?: readonly string[] | undefined;
  /** Has what the generator needs; asked for only where it is started. */
  readonly python: () => Promise<string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onLine: LineListener;
}

const NAME = 'engine';
const BETWEEN_LOOKS_MS = 1000;
/** A large model takes minutes to be read. */
const PATIENCE_MS = 20 * 60_000;

/** Starts an engine and waits until it answers. */
export async function startEngine(options: EngineToStart): Promise<Service & { readonly url: string }> {
  const { model, command, onLine } = options;
  if (command !== undefined) return startOwn(options, command);
  const python = await options.python();
  const generator = await startGeneratorProcess({ python, model, onLine });
  const { baseUrl: url, ended } = generator;
  return { name: NAME, url, ended, stop: () => generator.stop() };
}

async function startOwn(
  { model, clock, signal, onLine }: EngineToStart,
  words: readonly string[],
): Promise<Service & { readonly url: string }> {
  const port = String(await freePort());
  const [command, ...args] = words.map((word) => word.replace('{model}', model).replace('{port}', port));
  const service = startCommand({ name: NAME, command, args, clock, onLine });
  const url = `http://127.0.0.1:${port}`;
  try {
    await Promise.race([answers(url, clock, signal), diesBefore(service)]);
    return { ...service, url };
  } catch (thrown) {
    await service.stop();
    throw thrown;
  }
}

async function answers(baseUrl: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const start = clock.monotonic();
  for (;;) {
    try {
      const engine = await OpenAiEngine.connect({ baseUrl, retryMs: [] }, signal);
      return await engine.close();
    } catch (thrown) {
      const failure = MajlisError.from(thrown);
      if (failure.code !== 'unavailable' || clock.monotonic() - start > PATIENCE_MS) throw thrown;
      await clock.sleep(BETWEEN_LOOKS_MS, signal);
    }
  }
}

async function diesBefore({ ended }: Service): Promise<never> {
  const status = await ended;
  throw new MajlisError(`The engine ended with status ${String(status)} before it answered.`, {
    code: 'unavailable',
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
