/** The PyTorch trainer that a file names: a run file's `trainer.torch`, or that of a reward server's file. */
import { dirname, resolve } from 'node:path';
import { trainerAddressSchema } from '../../core/config/compute-options.js';
import { readToken } from '../../core/config/read-token.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { GrpcTrainer, type GrpcTrainerOptions } from '../../core/trainer/grpc-trainer.js';
import { CertificateFiles } from '../../core/trust/certificate-files.js';
import type { CertificatePaths } from '../../core/trust/read-certificates.js';
import { explainConnection } from '../trust/explain-connection.js';

/** Where it listens, and what is shown to it. */
export interface TorchPlace {
  /** host:port. */
  readonly address: string;
  /** Holds the token that it asks for. */
  readonly tokenFile?: string;
  readonly tls?: CertificatePaths;
}

export interface TorchConnection extends Omit<GrpcTrainerOptions, 'address' | 'token' | 'tls' | 'clock'> {
  /** Paths of the place are relative to this file's folder. */
  readonly file: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Waits for the trainer to listen; `unavailable`, with the reason as far as it can be told, where none does. */
export async function connectTorch(
  { address, tokenFile, tls: paths }: TorchPlace,
  { file, logger, ...options }: TorchConnection,
): Promise<GrpcTrainer> {
  const beside = (path: string): string => resolve(dirname(file), path);
  const token = tokenFile === undefined ? undefined : await readToken(beside(tokenFile));
  const files = Object.fromEntries(Object.entries({ ...paths }).map(([name, path]) => [name, beside(path)]));
  const tls = paths === undefined ? undefined : await openTls(files, options.clock, logger);
  const connecting = GrpcTrainer.connect({
    ...{ ...options, address },
    ...(token === undefined ? {} : { token }),
    ...(tls === undefined ? {} : { tls }),
  });
  return connecting.catch(async (thrown: unknown) => {
    throw await explainConnection(MajlisError.from(thrown), { address, tls, files });
  });
}

/** Refuses what a flag gives in place of an address. */
export function requireTrainerAddress(address: string): string {
  if (trainerAddressSchema.safeParse(address).success) return address;
  const allowed = 'host:port, such as 127.0.0.1:7300';
  throw new BadInputError({ source: '--trainer', found: address, allowed });
}

/** Certificates whose changes are told in the log. */
function openTls(files: CertificatePaths, clock: Clock, logger: Logger): Promise<CertificateFiles> {
  return CertificateFiles.open(files, {
    clock,
    onWarning: (sentence) => logger.warn(sentence),
    onRotated: () => logger.info('took up new certificates for the trainer'),
    onRefused: (error) => logger.warn('new certificates for the trainer cannot be used', { error }),
  });
}
