import { once } from 'node:events';
import { MajlisError } from '../../../core/errors.js';
import { openHealth, type HealthFlags } from '../../trust/health-flags.js';
import type { CommandResult, Session } from '../session.js';
import { ensureTorchEnvironment } from './torch-environment.js';
import { startTorchProcess } from './torch-process.js';
import type { TorchProcessOptions } from './torch-process.js';

/** The options of `majlis trainer torch`. */
export interface TorchFlags extends Omit<TorchProcessOptions, 'python'>, HealthFlags {
  /** An interpreter that has all that is needed. */
  readonly python?: string;
  /** Folder of the environment that is made where no interpreter is named. */
  readonly environment?: string;
}

/**
 * Serves a PyTorch trainer until the person asks to stop. One that ends by itself is `unavailable`. It is ready once its model
 * is open.
 */
export async function serveTorch(flags: TorchFlags, session: Session): Promise<CommandResult> {
  const { terminal, signal } = session;
  let waitsFor: string | undefined = 'its model is not open yet';
  const ready = (): string | undefined => (signal.aborted ? 'it is stopping' : waitsFor);
  const health = await openHealth(flags, { ready }, (sentence) => terminal.say(sentence));
  try {
    return await serve(flags, session, () => (waitsFor = undefined));
  } finally {
    await health?.close();
  }
}

async function serve(flags: TorchFlags, session: Session, onOpen: () => void): Promise<CommandResult> {
  const { terminal, signal } = session;
  const python = flags.python ?? (await ownPython(flags, session));
  terminal.say(`majlis: starting PyTorch with ${python}`);
  const trainer = await startTorchProcess({ ...flags, python });
  onOpen();
  const { address, contextLength, follows } = trainer;
  const who = follows ? `following the trainer that is met at ${address}` : `trainer at ${address}`;
  terminal.say(`majlis: ${who}, for up to ${contextLength} tokens a sequence`);
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const outcome = await Promise.race([stopped.then(() => 'stopped' as const), trainer.ended]);
  await trainer.stop();
  // The terminal's Ctrl-C reaches both processes, and the trainer may be the first to go.
  if (outcome !== 'stopped' && outcome !== 0) {
    const how = outcome === null ? 'was ended by a signal' : `ended with status ${String(outcome)}`;
    throw new MajlisError(`The trainer ${how}; what it said stands above.`, {
      code: 'unavailable',
    });
  }
  return { json: { address, contextLength }, text: '' };
}

function ownPython({ environment: folder }: TorchFlags, session: Session): Promise<string> {
  const { terminal, environment, clock, signal } = session;
  const say = (line: string): void => terminal.say(line);
  return ensureTorchEnvironment({
    environment,
    clock,
    signal,
    say,
    ...(folder === undefined ? {} : { folder }),
  });
}
