import { Option } from 'commander';
import type { Command } from 'commander';
import { addHealthOptions } from '../trust/health-flags.js';
import { addTrustFileOptions } from '../trust/server-trust-flags.js';
import { perform, type Session } from './session.js';
import type { EmbeddedFlags } from './trainer/serve-embedded.js';
import type { TorchFlags } from './trainer/serve-torch.js';
import { addTraceOption } from './telemetry-flags.js';
import { wholeNumber } from './whole-number.js';

const MOST_PORT = 65_535;
const MOST_THREADS = 1024;
const MOST_RANKS = 1024;
const MOST_PASS_TOKENS = 16_777_216;

/** `majlis trainer`. */
export function addTrainerCommand(program: Command, session: Session): void {
  const trainer = program.command('trainer').description('trainers in processes of their own');
  const serve = trainer
    .command('serve')
    .description('serve the trainer port with the embedded trainer until it is stopped')
    .option('--port <port>', 'port; 0 takes a free one', wholeNumber('--port', 0, MOST_PORT), 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--token-file <file>', 'holds the token that every call must show')
    .option('--threads <count>', 'threads that compute', wholeNumber('--threads', 1, MOST_THREADS), 2);
  addTraceOption(addTrustFileOptions(serve)).action((flags: EmbeddedFlags, command: Command) =>
    perform(session, command, async () =>
      (await import('./trainer/serve-embedded.js')).serveEmbedded(flags, session),
    ),
  );
  const torch = trainer
    .command('torch')
    .description('serve the trainer port with PyTorch and Transformers on this machine until it is stopped')
    .requiredOption('--model <directory>', 'a Hugging Face directory with a causal language model')
    .option('--port <port>', 'port; 0 takes a free one', wholeNumber('--port', 0, MOST_PORT), 0)
    .option('--host <address>', 'address to listen on; any but 127.0.0.1 needs a token and a certificate')
    .option('--token-file <file>', 'holds the token that every call must show')
    .option('--tls-cert <file>', "the server's certificate, PEM; taken up again when it changes")
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--tls-ca <file>', 'the CA of clients, PEM: each then has to show a certificate of it')
    .option('--insecure', 'allow an address that other machines can reach without these')
    .option(
      '--ranks <count>',
      'processes that share the work (torchrun)',
      wholeNumber('--ranks', 1, MOST_RANKS),
    )
    .option(
      '--nodes <count>',
      'machines of as many ranks each that share its work',
      wholeNumber('--nodes', 1, MOST_RANKS),
    )
    .option(
      '--node <number>',
      'which of them this is; 0 serves, the others follow',
      wholeNumber('--node', 0, MOST_RANKS),
    )
    .option('--rendezvous <host:port>', 'where node 0 is met by the others')
    .addOption(new Option('--device <device>', 'a GPU where there is one').choices(['cpu', 'cuda']))
    .addOption(
      new Option('--dtype <type>', 'of matrix products; bfloat16 on a GPU').choices(['float32', 'bfloat16']),
    )
    .option(
      '--pass-tokens <count>',
      'tokens of one pass, padding included; 4096 unless told',
      wholeNumber('--pass-tokens', 1, MOST_PASS_TOKENS),
    )
    .option('--gradient-checkpointing', 'recompute layers in the backward pass: less memory, more time')
    .option('--threads <count>', 'CPU threads', wholeNumber('--threads', 1, MOST_THREADS), 1)
    .option(
      '--python <file>',
      'an interpreter that has what the trainer needs; without it an environment is made',
    )
    .option('--environment <folder>', 'where that is made on first use, instead of the cache folder');
  addTraceOption(addHealthOptions(torch)).action((flags: TorchFlags, command: Command) =>
    perform(session, command, async () =>
      (await import('./trainer/serve-torch.js')).serveTorch(flags, session),
    ),
  );
}
