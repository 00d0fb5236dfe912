import type { MajlisError } from '../errors.js';

/** Who counts what a bus does; it never changes it. */
export interface BusObserver {
  /** `full`: the queue refused it. */
  published?(queue: string, outcome: 'stored' | 'duplicate' | 'full'): void;
  /** An attempt above 1 tells that an earlier lease ran out or was given back. */
  delivered?(queue: string, attempt: number): void;
  settled?(queue: string, how: 'acked' | 'returned' | 'extended' | 'terminated'): void;
  deadLettered?(queue: string, reason: string): void;
  connection?(event: BusConnectionEvent): void;
}

/** What happens to the connection of a bus that has one. Every `lost` is followed by `restored` or `closed`. */
export type BusConnectionEvent =
  /** `lacks`: what this server cannot do, each in a sentence. */
  | {
      readonly kind: 'connected';
      readonly server: string;
      readonly version: string;
      readonly lacks: readonly string[];
    }
  | { readonly kind: 'lost'; readonly server: string }
  | { readonly kind: 'restored'; readonly server: string }
  /** For good; `error` is absent where it was asked for. */
  | { readonly kind: 'closed'; readonly error?: MajlisError };
