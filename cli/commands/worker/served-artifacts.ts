import type { ArtifactStore } from '../../../core/artifacts/artifact-store.js';
import { HttpArtifacts } from '../../../core/artifacts/http/http-artifacts.js';
import { MajlisError } from '../../../core/errors.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { Tracer } from '../../../core/telemetry/tracing/tracer.js';
import type { CoordinatorPlace } from '../../../workers/rollout/rpc/attach-to-coordinator.js';

/**
 * The coordinator's artifacts, from where it last said that they are. Before it has said so they are `unavailable`, so that
 * whatever needs one is tried again.
 */
export class ServedArtifacts implements ArtifactStore {
  private store:
    { readonly url: string; readonly token: string | undefined; readonly http: HttpArtifacts } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly tracer: Tracer,
  ) {}

  /** Of this coordinator, at this port of its host, or elsewhere. */
  use({ address, token, tls }: CoordinatorPlace, port: number | undefined, elsewhere?: string): void {
    if (port === undefined && elsewhere === undefined) return;
    const host = address.slice(0, address.lastIndexOf(':'));
    const url = elsewhere ?? `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;
    if (this.store?.url === url && this.store.token === token) return;
    this.store?.http.close();
    const shown = { ...(token === undefined ? {} : { token }), ...(tls === undefined ? {} : { tls }) };
    this.store = {
      url,
      token,
      http: new HttpArtifacts({ url, clock: this.clock, tracer: this.tracer, ...shown }),
    };
  }

  async put(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    return this.there().put(bytes, signal);
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    return this.there().get(sha256, signal);
  }

  async has(sha256: string): Promise<boolean> {
    return this.there().has(sha256);
  }

  close(): void {
    this.store?.http.close();
  }

  private there(): HttpArtifacts {
    if (this.store !== undefined) return this.store.http;
    throw new MajlisError('no coordinator has said where artifacts are', { code: 'unavailable' });
  }
}
