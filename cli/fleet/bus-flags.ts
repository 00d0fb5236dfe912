import type { Command } from 'commander';
import { readText } from '../../core/config/read-text.js';
import type { NatsBusOptions, NatsCredentials } from '../../core/bus/nats/nats-options.js';
import { BadInputError } from '../../core/errors.js';

/** Flags of where the bus is, as commander parses them. */
export interface BusFlags {
  readonly bus?: readonly string[];
  readonly release: string;
  readonly pool: string;
  readonly busCreds?: string;
  readonly busUser?: string;
  readonly busPasswordFile?: string;
  readonly busCa?: string;
  readonly busCert?: string;
  readonly busKey?: string;
}

const ADDRESS = /^(nats|tls):\/\/[^\s/]+$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;

/** Adds where the bus is, whose it is, and how this process shows who it is there. */
export function addBusOptions(command: Command): Command {
  return command
    .option(
      '--bus <urls>',
      'NATS servers of one cluster that carry tasks and results, such as nats://127.0.0.1:4222, with commas between',
      busAddresses,
    )
    .option('--pool <name>', 'the pool of rollout workers', named('--pool'), 'default')
    .option(
      '--release <name>',
      'which Majlis this is, among those that share the servers',
      named('--release'),
      'majlis',
    )
    .option('--bus-creds <file>', 'a NATS credentials file')
    .option('--bus-user <name>', 'a NATS user')
    .option('--bus-password-file <file>', "holds that user's password")
    .option('--bus-ca <file>', "the CA of the servers' certificates, PEM")
    .option('--bus-cert <file>', 'the certificate that this process shows there, PEM')
    .option('--bus-key <file>', 'its private key, PEM');
}

/** Whom the flags say to be, and whom to believe; what does not go together is a BadInputError. */
export async function busTrust(flags: BusFlags): Promise<Pick<NatsBusOptions, 'credentials' | 'tls'>> {
  const { busCa: caFile, busCert: certFile, busKey: keyFile } = flags;
  if ((certFile === undefined) !== (keyFile === undefined)) throw alone('--bus-cert', '--bus-key');
  const credentials = await credentialsOf(flags);
  const tls = {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
  return {
    ...(credentials === undefined ? {} : { credentials }),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  };
}

async function credentialsOf(flags: BusFlags): Promise<NatsCredentials | undefined> {
  const { busCreds: path, busUser: user, busPasswordFile: passwordFile } = flags;
  if (path !== undefined) {
    if (user !== undefined) throw alone('--bus-user', 'no --bus-creds');
    await readText(path);
    return { kind: 'creds_file', path };
  }
  if ((user === undefined) !== (passwordFile === undefined)) throw alone('--bus-user', '--bus-password-file');
  if (user === undefined || passwordFile === undefined) return undefined;
  return { kind: 'password', user, password: (await readText(passwordFile)).trim() };
}

function busAddresses(text: string): string[] {
  return text.split(',').map((address) => {
    if (ADDRESS.test(address.trim())) return address.trim();
    const allowed = 'nats://HOST:PORT or tls://HOST:PORT, with commas between';
    throw new BadInputError({ source: '--bus', found: JSON.stringify(address), allowed });
  });
}

function named(source: string): (text: string) => string {
  return (text) => {
    if (NAME.test(text)) return text;
    const allowed = 'up to 32 letters, digits and dashes, beginning with a letter or digit';
    throw new BadInputError({ source, found: JSON.stringify(text), allowed });
  };
}

function alone(source: string, allowed: string): BadInputError {
  return new BadInputError({ source, found: 'it alone', allowed: `it together with ${allowed}` });
}
