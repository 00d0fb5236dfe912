import { BadInputError } from '../errors.js';

/** Where a server listens. */
export interface ListenAddress {
  /** An IPv6 one without brackets. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

const MOST_PORT = 65_535;

/** `HOST:PORT`, with an IPv6 host in brackets; the port may still be too large. */
export const LISTEN_ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/;

/** Reads `HOST:PORT`, with an IPv6 host in brackets; anything else is a BadInputError of that source. */
export function parseListenAddress(text: string, source: string): ListenAddress {
  const [, bracketed, plain, port] = LISTEN_ADDRESS.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > MOST_PORT) {
    const allowed = 'HOST:PORT, such as 127.0.0.1:7460, or [::1]:7460';
    throw new BadInputError({ source, found: JSON.stringify(text), allowed });
  }
  return { host, port: Number(port) };
}

/** `host:port` with brackets around an IPv6 host, as a client takes it. */
export function formatAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
