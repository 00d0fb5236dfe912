import type { Command } from 'commander';
import { perform, type Session } from './session.js';
import type { TorchFlags } from './trainer/serve-torch.js';
import { wholeNumber } from './whole-number.js';

const MOST_PORT = 65_535;
const MOST_THREADS = 1024;

/** `majlis trainer`. */
export function addTrainerCommand(program: Command, session: Session): void {
  program
    .command('trainer')
    .description('trainers in processes of their own')
    .command('torch')
    .description('serve the trainer port with PyTorch and Transformers on this machine until it is stopped')
    .requiredOption('--model <directory>', 'a Hugging Face directory with a causal language model')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', wholeNumber('--port', 0, MOST_PORT), 0)
    .option('--threads <count>', 'CPU threads', wholeNumber('--threads', 1, MOST_THREADS), 1)
    .option('--python <file>', "an interpreter with the package's dependencies, unless .venv has one")
    .action((flags: TorchFlags, command: Command) =>
      perform(session, command, async () =>
        (await import('./trainer/serve-torch.js')).serveTorch(flags, session),
      ),
    );
}
