import type { Command } from 'commander';
import { BadInputError } from '../../core/errors.js';
import { parseListenAddress } from '../../core/config/listen-address.js';
import { addClientTrustOptions, type ClientTrustFlags } from './client-trust-flags.js';

/** Flags of commands that may ask a coordinator on another machine, as commander parses them. */
export interface RemoteFlags extends ClientTrustFlags {
  readonly coordinator?: string;
}

/** A coordinator on another machine, and what is shown there. */
export interface RemotePlace extends ClientTrustFlags {
  /** host:port. */
  readonly coordinator: string;
}

/** Adds `--coordinator` and how a client knows it and shows who it is. */
export function addRemoteOptions(command: Command): Command {
  const address = (text: string): string => {
    parseListenAddress(text, '--coordinator');
    return text;
  };
  return addClientTrustOptions(
    command.option('--coordinator <host:port>', 'ask the coordinator there, not this workspace', address),
  );
}

/** The coordinator that the flags name; what is to be shown to none is a BadInputError. */
export function remotePlace({ coordinator, ...trust }: RemoteFlags): { readonly remote?: RemotePlace } {
  const { tokenFile, tlsCa, tlsCert, tlsKey } = trust;
  if (coordinator !== undefined) return { remote: { ...trust, coordinator } };
  const shown = { '--token-file': tokenFile, '--tls-ca': tlsCa, '--tls-cert': tlsCert, '--tls-key': tlsKey };
  const [source] = Object.entries(shown).find(([, file]) => file !== undefined) ?? [];
  if (source === undefined) return {};
  throw new BadInputError({
    source,
    found: 'no --coordinator beside it',
    allowed: '--coordinator HOST:PORT',
  });
}
