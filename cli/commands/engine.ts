import type { Command } from 'commander';
import type { GeneratorFlags } from './engine/serve-generator.js';
import { perform, type Session } from './session.js';
import { wholeNumber } from './whole-number.js';

const MOST_PORT = 65_535;
const MOST_THREADS = 1024;

/** `majlis engine`. */
export function addEngineCommand(program: Command, session: Session): void {
  program
    .command('engine')
    .description('engines in processes of their own')
    .command('torch')
    .description('serve a model directory on the CPU, as vLLM and SGLang do over HTTP, until it is stopped')
    .requiredOption('--model <directory>', 'a Hugging Face directory with a causal language model')
    .option('--port <port>', 'port; 0 takes a free one', wholeNumber('--port', 0, MOST_PORT), 0)
    .option('--threads <count>', 'CPU threads', wholeNumber('--threads', 1, MOST_THREADS), 1)
    .option(
      '--python <file>',
      'an interpreter that has what the trainer needs; without it an environment is made',
    )
    .option('--environment <folder>', 'where that is made on first use, instead of the cache folder')
    .action((flags: GeneratorFlags, command: Command) =>
      perform(session, command, async () =>
        (await import('./engine/serve-generator.js')).serveGenerator(flags, session),
      ),
    );
}
