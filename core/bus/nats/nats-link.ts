/**
 * The connection to a NATS server, kept for as long as the bus is open.
 *
 * - It is restored for ever: a server that went away is dialled until it is back.
 * - What was under way when it was lost is begun again after it is restored, so it has to bear being done twice.
 * - The client forgets what is sent while the connection is lost; nothing is sent before it stands.
 */
import type { Authenticator, ConnectionOptions, NatsConnection, Status } from 'nats';
import { Events, connect, credsAuthenticator, nkeyAuthenticator } from 'nats';
import { readFileSync } from 'node:fs';
import { MajlisError } from '../../errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { BusObserver } from '../bus-observer.js';
import { JETSTREAM_IS_OFF, natsFailure } from './nats-failure.js';
import type { NatsBusOptions, NatsCredentials, NatsTls } from './nats-options.js';
import { lacksOf } from './server-abilities.js';

const TRIES = 3;
const RETRY_AFTER_MS = 200;
/** A stalled connection is noticed after three of them. */
const PING_EVERY_MS = 2000;
const DIAL_WITHIN_MS = 5000;
const RECONNECT_EVERY_MS = 250;
const FLUSH_WITHIN_MS = 2000;

/** Why an operation ended that was under way when the connection was lost. */
const LOST = new MajlisError('the connection to the NATS server was lost', { code: 'unavailable' });

export class NatsLink {
  private state: 'connected' | 'lost' | 'closed' = 'connected';
  /** Woken at the end of a connection and at the beginning of the next. */
  private readonly watchers = new Set<() => void>();
  private readonly denied = new Set<(subject: string) => void>();
  private closing: MajlisError | undefined;
  private ending: Promise<void> | undefined;

  private constructor(
    readonly connection: NatsConnection,
    readonly clock: Clock,
    private readonly observer: BusObserver,
    private readonly patienceMs: number | undefined,
  ) {
    void this.follow(connection.status());
    void connection.closed().then((error) => this.ended(error ?? undefined));
  }

  /** Rejects with `unavailable`, `unauthenticated` or `failed_precondition`, each with what to do about it. */
  static async open(options: NatsBusOptions): Promise<NatsLink> {
    const servers = [options.url].flat();
    const what = `connecting to ${servers.join(', ')}`;
    const connection = await connect(connectionOptions(options)).catch((thrown: unknown) => {
      throw natsFailure(thrown, what);
    });
    try {
      const { version, jetstream } = connection.info ?? { version: '0.0.0', jetstream: false };
      const lacks = lacksOf(version);
      if (jetstream !== true) {
        throw new MajlisError(`${what} failed: ${JETSTREAM_IS_OFF}`, { code: 'failed_precondition' });
      }
      const server = connection.getServer();
      options.observer?.connection?.({ kind: 'connected', server, version, lacks });
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
    return new NatsLink(connection, options.clock, options.observer ?? {}, options.patienceMs);
  }

  /** Bytes that the server takes in one message, headers included. */
  get maxPayload(): number {
    return this.connection.info?.max_payload ?? 1024 * 1024;
  }

  get isConnected(): boolean {
    return this.state === 'connected';
  }

  /** Calls back whenever the connection was lost, restored or closed, until the returned function is called. */
  watch(change: () => void): () => void {
    this.watchers.add(change);
    return () => this.watchers.delete(change);
  }

  /** Calls back with every subject that the server forbids to be published to. */
  watchDenied(denied: (subject: string) => void): () => void {
    this.denied.add(denied);
    return () => this.denied.delete(denied);
  }

  /**
   * Resolves once the connection stands. Rejects with `unavailable` where that takes longer than the bus has patience, and
   * with `failed_precondition` when it is closed.
   */
  async ready(): Promise<void> {
    this.refuseWhenClosed();
    if (this.state !== 'connected') await this.restored();
    this.refuseWhenClosed();
  }

  /** Does it, again where the connection was lost on the way or the server did not answer. `what` begins its error. */
  async call<Value>(what: string, operation: () => Promise<Value>): Promise<Value> {
    for (let tries = 1; ;) {
      if (this.state !== 'connected') await this.ready();
      this.refuseWhenClosed();
      try {
        return await this.unlessLost(operation());
      } catch (thrown) {
        if (thrown === LOST) continue;
        const error = natsFailure(thrown, what);
        if (this.closing !== undefined) throw this.closing;
        if (error.code !== 'unavailable' || tries >= TRIES) throw error;
        tries += 1;
        await this.clock.sleep(RETRY_AFTER_MS);
      }
    }
  }

  /** Sends what was given to it, as far as the connection allows, and ends it. May be called again. */
  async close(): Promise<void> {
    this.closing ??= new MajlisError('the bus is closed', { code: 'failed_precondition' });
    this.ending ??= this.end();
    await this.ending;
  }

  private async end(): Promise<void> {
    const { connection, clock } = this;
    if (this.state === 'connected') {
      const patience = new AbortController();
      const elapsed = clock.sleep(FLUSH_WITHIN_MS, patience.signal).catch(() => undefined);
      await Promise.race([connection.drain(), elapsed]);
      patience.abort();
    }
    await connection.close();
  }

  private restored(): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        unwatch();
        reject(new MajlisError('the NATS server cannot be reached', { code: 'unavailable' }));
      };
      const isPatient = this.patienceMs === undefined;
      const stopTimer = isPatient ? () => undefined : this.clock.alarm(this.patienceMs, giveUp);
      const unwatch = this.watch(() => {
        if (this.state === 'lost') return;
        unwatch();
        stopTimer();
        resolve();
      });
    });
  }

  private unlessLost<Value>(operation: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const unwatch = this.watch(() => {
        unwatch();
        reject(LOST);
      });
      operation.then(
        (value) => {
          unwatch();
          resolve(value);
        },
        (thrown: unknown) => {
          unwatch();
          reject(thrown instanceof Error ? thrown : MajlisError.from(thrown));
        },
      );
    });
  }

  private async follow(events: AsyncIterable<Status>): Promise<void> {
    for await (const { type, permissionContext } of events) {
      const server = this.connection.getServer();
      if (type === Events.Disconnect) this.become('lost', server);
      if (type === Events.Reconnect) this.become('restored', server);
      if (type === Events.Error && permissionContext !== undefined) {
        for (const denied of [...this.denied]) denied(permissionContext.subject);
      }
    }
  }

  private become(kind: 'lost' | 'restored', server: string): void {
    if (this.state === 'closed') return;
    this.state = kind === 'restored' ? 'connected' : 'lost';
    if (this.closing === undefined) this.observer.connection?.({ kind, server });
    this.wake();
  }

  private ended(thrown: Error | undefined): void {
    this.state = 'closed';
    const error = thrown === undefined ? undefined : natsFailure(thrown, 'the connection to the NATS server');
    this.closing ??= error ?? new MajlisError('the bus is closed', { code: 'failed_precondition' });
    this.observer.connection?.({ kind: 'closed', ...(error === undefined ? {} : { error }) });
    this.wake();
  }

  private wake(): void {
    for (const watcher of [...this.watchers]) watcher();
  }

  private refuseWhenClosed(): void {
    if (this.closing !== undefined) throw this.closing;
  }
}

function connectionOptions({
  url,
  credentials,
  tls,
  inboxPrefix,
  release,
}: NatsBusOptions): ConnectionOptions {
  return {
    servers: [url].flat(),
    name: `majlis ${release}`,
    maxReconnectAttempts: -1,
    // Credentials that are refused today may have been renewed tomorrow.
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: RECONNECT_EVERY_MS,
    pingInterval: PING_EVERY_MS,
    timeout: DIAL_WITHIN_MS,
    noAsyncTraces: true,
    ...tlsOptions(url, tls),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(credentials === undefined ? {} : authentication(credentials)),
  };
}

/** The client takes `tls://` for `nats://`: only with options for TLS does it refuse a server that offers none. */
function tlsOptions(url: NatsBusOptions['url'], tls: NatsTls | undefined): ConnectionOptions {
  const asked = tls !== undefined || [url].flat().some((address) => address.startsWith('tls://'));
  return asked ? { tls: { ...tls } } : {};
}

function authentication(credentials: NatsCredentials): ConnectionOptions {
  switch (credentials.kind) {
    case 'password':
      return { user: credentials.user, pass: credentials.password };
    case 'token':
      return { token: credentials.token };
    case 'creds_file':
      return { authenticator: (nonce) => authenticatorOf(readFileSync(credentials.path))(nonce) };
  }
}

/** Of a credentials file, which has a JWT, or of a file with a user's seed alone. */
function authenticatorOf(file: Buffer): Authenticator {
  const text = file.toString().trim();
  return /^SU[A-Z2-7]+$/.test(text) ? nkeyAuthenticator(Buffer.from(text)) : credsAuthenticator(file);
}
