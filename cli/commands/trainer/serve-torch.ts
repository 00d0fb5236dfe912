import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { MajlisError } from '../../../core/errors.js';
import { packageRoot } from '../../../core/runtime/package-root.js';
import type { CommandResult, Session } from '../session.js';
import { startTorchProcess } from './torch-process.js';

/** The options of `majlis trainer torch`. */
export interface TorchFlags {
  readonly model: string;
  readonly port: number;
  readonly threads: number;
  readonly python?: string;
}

const OWN_PYTHON = join(packageRoot, '.venv', 'bin', 'python');

/** Serves a PyTorch trainer until the person asks to stop. One that ends by itself is `unavailable`. */
export async function serveTorch(flags: TorchFlags, session: Session): Promise<CommandResult> {
  const { terminal, signal } = session;
  const python = flags.python ?? (existsSync(OWN_PYTHON) ? OWN_PYTHON : 'python3');
  terminal.say(`majlis: starting PyTorch with ${python}`);
  const { model, port, threads } = flags;
  const trainer = await startTorchProcess({ python, model, port, threads });
  const { address, contextLength } = trainer;
  terminal.say(`majlis: trainer at ${address}, for up to ${contextLength} tokens a sequence`);
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  const outcome = await Promise.race([stopped.then(() => 'stopped' as const), trainer.ended]);
  await trainer.stop();
  // The terminal's Ctrl-C reaches both processes, and the trainer may be the first to go.
  if (outcome !== 'stopped' && outcome !== 0) {
    throw new MajlisError(`The trainer ended with status ${String(outcome)}; what it said stands above.`, {
      code: 'unavailable',
    });
  }
  return { json: { address, contextLength }, text: '' };
}
