import type { ListenAddress } from '../../core/config/listen-address.js';
import { startRpcServer, type RpcTelemetry } from '../../core/rpc/server.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Logger } from '../../core/telemetry/logger.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { RewardHttpObserver } from '../../reward/http/reward-http-observer.js';
import { startRewardHttp } from '../../reward/http/start-reward-http.js';
import { rewardRpc } from '../../reward/rpc/reward-rpc.js';
import type { RewardService } from '../../reward/serving/reward-service.js';
import { SOFTWARE } from '../control/protocol-limits.js';
import type { ServerTrust } from '../trust/server-trust-flags.js';

const DEFAULT_HOST = '127.0.0.1';
/** Where a server listens that is told nothing. */
const DEFAULT_PORTS = { http: 8090, grpc: 8091 };

/** Where each face listens; both at their usual ports of loopback where none is named, else those that are. */
export interface FaceAddresses {
  readonly http?: ListenAddress;
  readonly grpc?: ListenAddress;
}

export interface RewardFacesOptions extends FaceAddresses {
  readonly service: RewardService;
  readonly trust: ServerTrust;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: RewardHttpObserver;
  /** Told of the calls over gRPC; its tracer of those over HTTP, too. */
  readonly calls: RpcTelemetry;
  /** Longest request, in bytes; 8 MiB unless told. */
  readonly bodyBytes?: number | undefined;
  /** Whether what is served can be scored. */
  readonly canScore: () => boolean;
}

/** What trainers talk to. */
export interface RewardFaces {
  /** Where each listens, as a client takes it. */
  readonly addresses: { readonly http?: string; readonly grpc?: string };
  /** Tells whoever asks that this server is not ready any more; requests are still answered. */
  retire(): void;
  /** Told when it may score again, or no more. */
  refresh(): void;
  /** Takes no more connections, and ends those that are left. */
  close(): Promise<void>;
}

interface Face {
  readonly address: string;
  retire(): void;
  refresh(): void;
  close(): Promise<void>;
}

/** Opens the faces that are asked for; where one cannot listen, none does. */
export async function openRewardFaces(options: RewardFacesOptions): Promise<RewardFaces> {
  const { http, grpc } = wanted(options);
  const first = http === undefined ? undefined : await openHttp(http, options);
  try {
    const second = grpc === undefined ? undefined : await openGrpc(grpc, options);
    const all = [first, second].filter((face) => face !== undefined);
    return {
      addresses: {
        ...(first === undefined ? {} : { http: first.address }),
        ...(second === undefined ? {} : { grpc: second.address }),
      },
      retire: () => {
        for (const face of all) face.retire();
      },
      refresh: () => {
        for (const face of all) face.refresh();
      },
      close: async () => {
        await Promise.all(all.map((face) => face.close()));
      },
    };
  } catch (thrown) {
    await first?.close();
    throw thrown;
  }
}

function wanted({ http, grpc }: FaceAddresses): FaceAddresses {
  if (http !== undefined || grpc !== undefined) {
    return { ...(http === undefined ? {} : { http }), ...(grpc === undefined ? {} : { grpc }) };
  }
  const at = (port: number): ListenAddress => ({ host: DEFAULT_HOST, port });
  return { http: at(DEFAULT_PORTS.http), grpc: at(DEFAULT_PORTS.grpc) };
}

async function openHttp(
  { host, port }: ListenAddress,
  { service, trust, log, observer, calls: { tracer = NO_TRACING }, bodyBytes, canScore }: RewardFacesOptions,
): Promise<Face> {
  let isReady = true;
  const server = await startRewardHttp({
    ...{ service, log, observer, tracer, host, port, ...trust },
    ...(bodyBytes === undefined ? {} : { limits: { bodyBytes } }),
    isReady: () => isReady && canScore(),
  });
  return {
    address: server.url,
    retire: () => {
      isReady = false;
    },
    refresh: () => undefined,
    close: () => server.close(),
  };
}

async function openGrpc(
  { host, port }: ListenAddress,
  { service, trust, clock, calls, bodyBytes, canScore }: RewardFacesOptions,
): Promise<Face> {
  const stopping = new AbortController();
  const { tracer = NO_TRACING } = calls;
  const server = await startRpcServer({
    name: 'the reward server',
    services: [rewardRpc({ service, software: SOFTWARE, stopping: stopping.signal, tracer })],
    ...{ host, port, clock, ...trust, ...calls },
    ...(bodyBytes === undefined ? {} : { maxMessageBytes: bodyBytes }),
  });
  let isRetired = false;
  const refresh = (): void => server.setServing('', !isRetired && canScore());
  return {
    address: server.address,
    retire: () => {
      isRetired = true;
      refresh();
    },
    refresh,
    close: async () => {
      stopping.abort();
      await server.close();
    },
  };
}
