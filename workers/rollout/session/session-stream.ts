import type {
  WorkerDirective,
  WorkerHeartbeat,
  WorkerHello,
  WorkerWelcome,
} from '../../../core/domain/worker.js';

/** What a coordinator says in a session: first the welcome, then directives. */
export type SessionMessage =
  | { readonly kind: 'welcome'; readonly welcome: WorkerWelcome }
  | { readonly kind: 'directive'; readonly epoch: number; readonly directive: WorkerDirective };

/** One connection to a coordinator. */
export interface SessionStream {
  /** Ends when the coordinator ends it, rejects with a MajlisError when it is refused or lost. */
  readonly messages: AsyncIterable<SessionMessage>;
  send(beat: WorkerHeartbeat): void;
  /** Says that no more will be sent; `messages` ends once the coordinator has read all. */
  end(): void;
  /** Gives the connection up at once. */
  cancel(): void;
}

/** Opens a connection with this hello; it is known to be there when the welcome has come. */
export type OpenSession = (hello: WorkerHello) => Promise<SessionStream>;
