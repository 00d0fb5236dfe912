import { once } from 'node:events';
import { MajlisError } from '../../../core/errors.js';
import type { CommandResult, Session } from '../session.js';
import { startGeneratorProcess, type GeneratorProcessOptions } from '../trainer/generator-process.js';
import { ensureTorchEnvironment } from '../trainer/torch-environment.js';

/** The options of `majlis engine torch`. */
export interface GeneratorFlags extends Omit<GeneratorProcessOptions, 'python'> {
  /** An interpreter that has all that is needed. */
  readonly python?: string;
  /** Folder of the environment that is made where no interpreter is named. */
  readonly environment?: string;
}

/** Serves the CPU generator until the person asks to stop. One that ends by itself is `unavailable`. */
export async function serveGenerator(flags: GeneratorFlags, session: Session): Promise<CommandResult> {
  const { terminal, environment, clock, signal } = session;
  const { model, port = 0, threads = 1, environment: folder } = flags;
  const say = (line: string): void => terminal.say(line);
  const making = { environment, clock, signal, say, ...(folder === undefined ? {} : { folder }) };
  const python = flags.python ?? (await ensureTorchEnvironment(making));
  say(`majlis: starting PyTorch with ${python}`);
  const generator = await startGeneratorProcess({ python, model, port, threads });
  const { baseUrl, contextLength } = generator;
  say(`majlis: engine at ${baseUrl}, for up to ${String(contextLength)} tokens a sequence`);
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const outcome = await Promise.race([stopped.then(() => 'stopped' as const), generator.ended]);
  await generator.stop();
  // The terminal's Ctrl-C reaches both processes, and the generator may be the first to go.
  if (outcome !== 'stopped' && outcome !== 0) {
    const message = `The engine ended with status ${String(outcome)}; what it said stands above.`;
    throw new MajlisError(message, { code: 'unavailable' });
  }
  return { json: { baseUrl, contextLength }, text: '' };
}
