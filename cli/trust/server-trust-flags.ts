import type { Command } from 'commander';
import { parseListenAddress, type ListenAddress } from '../../core/config/listen-address.js';
import { BadInputError, type MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import {
  authorizeBy,
  type Authorize,
  type KnownCallers,
  type KnownToken,
} from '../../core/trust/authorize.js';
import { CertificateFiles } from '../../core/trust/certificate-files.js';
import { expiryWarning } from '../../core/trust/read-certificates.js';
import type { OpenTokensFile } from '../../core/trust/tokens-file.js';

const DAY_MS = 86_400_000;

/** Flags of commands that serve other machines, as commander parses them. */
export interface ServerTrustFlags {
  readonly listen?: ListenAddress;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly tokens?: string;
  readonly insecure?: boolean;
}

/** What a server takes of them, until `close`. */
export interface ServerTrust {
  readonly tls?: CertificateFiles;
  readonly authorize?: Authorize;
  readonly insecure: boolean;
  close(): void;
}

/** Where a trust is told of what changes while it is in use. */
export interface TrustContext {
  readonly clock: Clock;
  /** Takes one sentence. */
  readonly say: (sentence: string) => void;
}

/** Adds `--listen` and how who calls there shows who they are. */
export function addServerTrustOptions(command: Command, what: string): Command {
  const listen = (text: string): ListenAddress => parseListenAddress(text, '--listen');
  return addTrustFileOptions(
    command.option('--listen <host:port>', `serve ${what} to other machines there, too`, listen),
  );
}

/** Adds the flags of how who calls shows who they are. */
export function addTrustFileOptions(command: Command): Command {
  return command
    .option(
      '--tls-cert <file>',
      "the server's certificate and its chain, PEM; taken up again when it changes",
    )
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--tls-ca <file>', 'the CA of clients, PEM: each then has to show a certificate of it')
    .option('--tokens <file>', 'who may call what: tokens and certificate names with their roles')
    .option('--insecure', 'allow an address that other machines can reach without these');
}

/**
 * Opens what the flags name; what cannot be used is a BadInputError. `own` is a token that the server knows besides those of
 * the tokens file.
 */
export async function openServerTrust(
  flags: ServerTrustFlags,
  context: TrustContext & { readonly own?: KnownToken | undefined },
): Promise<ServerTrust> {
  const { tokens, insecure = false } = flags;
  const { own } = context;
  const tls = await openTls(flags, context, tokens !== undefined || own !== undefined);
  const stopWarning = warnDaily(flags.tlsCert, tls, context);
  const file = tokens === undefined ? undefined : await openTokens(tokens, context);
  const authorize = own === undefined ? file?.authorize : authorizeBy(() => together(own, file?.known()));
  return {
    ...(tls === undefined ? {} : { tls }),
    ...(authorize === undefined ? {} : { authorize }),
    insecure,
    close: () => {
      stopWarning();
      file?.close();
    },
  };
}

/** Whoever missed the sentence at the start reads it the next day, until there is a new certificate. */
function warnDaily(
  path: string | undefined,
  tls: CertificateFiles | undefined,
  { clock, say }: TrustContext,
): () => void {
  if (path === undefined || tls === undefined) return () => undefined;
  let stop = (): void => undefined;
  const tomorrow = (): void => {
    stop = clock.alarm(DAY_MS, () => {
      const expiresAtMs = tls.current.identity?.expiresAtMs ?? Infinity;
      const sentence = expiryWarning(path, expiresAtMs, clock.now());
      if (sentence !== undefined) say(`majlis: ${sentence}`);
      tomorrow();
    });
  };
  tomorrow();
  return () => stop();
}

/** A certificate of the CA alone says no role: `knowsCallers` tells whether something else does. */
async function openTls(
  { tlsCert: certificate, tlsKey: key, tlsCa: ca }: ServerTrustFlags,
  context: TrustContext,
  knowsCallers: boolean,
): Promise<CertificateFiles | undefined> {
  requireTogether(certificate, key);
  if (ca !== undefined && certificate === undefined) throw missing('--tls-ca', '--tls-cert and --tls-key');
  if (ca !== undefined && !knowsCallers) {
    throw missing('--tls-ca', '--tokens, whose "certificates" say which role a certificate has');
  }
  if (certificate === undefined || key === undefined) return undefined;
  return openCertificates({ certificate, key, ...(ca === undefined ? {} : { ca }) }, context);
}

function together(own: KnownToken, others: KnownCallers = { tokens: [], certificates: [] }): KnownCallers {
  return { ...others, tokens: [own, ...others.tokens] };
}

/** Certificates that tell a person what becomes of them. */
export function openCertificates(
  paths: { readonly ca?: string; readonly certificate?: string; readonly key?: string },
  { clock, say }: TrustContext,
): Promise<CertificateFiles> {
  return CertificateFiles.open(paths, {
    clock,
    onWarning: (sentence) => say(`majlis: ${sentence}`),
    onRotated: () => say(`majlis: took up new certificates of ${Object.values({ ...paths }).join(', ')}`),
    onRefused: (failure) => say(stayed(failure, 'the certificates')),
  });
}

async function openTokens(path: string, { say }: TrustContext): Promise<OpenTokensFile> {
  const { openTokensFile } = await import('../../core/trust/tokens-file.js');
  return openTokensFile(path, {
    onTaken: () => say(`majlis: took up ${path} again`),
    onRefused: (failure) => say(stayed(failure, 'the tokens')),
  });
}

function stayed({ message }: MajlisError, what: string): string {
  return `majlis: ${message}; ${what} from before stay in use`;
}

/** A certificate is of no use without its key. */
export function requireTogether(certificate: string | undefined, key: string | undefined): void {
  if (certificate !== undefined && key === undefined) throw missing('--tls-cert', '--tls-key');
  if (key !== undefined && certificate === undefined) throw missing('--tls-key', '--tls-cert');
}

function missing(source: string, allowed: string): BadInputError {
  return new BadInputError({ source, found: 'it alone', allowed: `it together with ${allowed}` });
}
