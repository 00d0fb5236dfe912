import type { ArtifactStore } from '../../artifacts/artifact-store.js';
import type { Clock } from '../../runtime/clock.js';
import type { BusObserver } from '../bus-observer.js';

export interface NatsBusOptions {
  /** `nats://` or `tls://` addresses of one cluster. */
  readonly url: string | readonly string[];
  /** Which Majlis this is, among those that share the server. */
  readonly release: string;
  readonly clock: Clock;
  readonly credentials?: NatsCredentials;
  readonly tls?: NatsTls;
  /** Where messages above 256 KiB go. Without it they travel whole, up to the server's max_payload. */
  readonly artifacts?: ArtifactStore;
  readonly observer?: BusObserver;
  /** Where replies come; the permissions of the credentials have to allow it. */
  readonly inboxPrefix?: string;
  /**
   * How long what needs the server waits for a lost connection before it is `unavailable`; as long as it takes unless told. A
   * pull waits no longer than it was asked to, and finds nothing.
   */
  readonly patienceMs?: number;
  /** Copies of each stream in a cluster; only a stream that is made anew has as many. */
  readonly replicas?: number;
}

/** Files are read again at every connect, so that what they hold may be renewed. */
export type NatsCredentials =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string }
  /** A credentials file with a JWT, or a user's seed alone. */
  | { readonly kind: 'creds_file'; readonly path: string };

/** PEM files. */
export interface NatsTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}
