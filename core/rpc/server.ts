import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Server, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import type { ServerCredentials, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { ServerReflectionService } from '../../proto/gen/grpc/reflection/v1/reflection.js';
import { ServerReflectionService as ServerReflectionAlphaService } from '../../proto/gen/grpc/reflection/v1alpha/reflection.js';
import { formatAddress } from '../config/listen-address.js';
import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';
import { systemClock } from '../runtime/clock.js';
import { packageRoot } from '../runtime/package-root.js';
import { NO_TRACING } from '../telemetry/tracing/no-tracing.js';
import type { Tracer } from '../telemetry/tracing/tracer.js';
import type { Authorize } from '../trust/authorize.js';
import type { CertificateFiles } from '../trust/certificate-files.js';
import { refusePublicAddress } from '../trust/refuse-public-address.js';
import { requireAuthorization, type Audit } from './authorization.js';
import type { Reflection } from './reflection.js';
import { toGrpcStatus } from './status.js';
import { serverCredentials } from './tls-credentials.js';
import { traceServerCalls } from './trace-calls.js';
import { readTolerantly, refuseUnreadable } from './unreadable-messages.js';

/** One gRPC service and the object that serves it. */
export interface RpcService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
  /** Methods, as the definition names them, whose calls last as long as two processes know each other: none is a span. */
  readonly sessions?: readonly string[];
}

/** What a process is told of the calls that it answers. */
export interface RpcTelemetry {
  /** Each authorized call is a span, caused by whoever its `traceparent` names; nothing is traced without one. */
  readonly tracer?: Tracer | undefined;
  /** Told of each call that was ended for bytes that are no message, as `package.Service/Method`. */
  readonly onUnreadable?: (method: string) => void;
}

/** What a server serves, and where. */
export interface RpcServerOptions extends RpcTelemetry {
  /** What a sentence about it begins with, such as `the coordinator`. */
  readonly name?: string;
  readonly services: readonly RpcService[];
  /** Loopback unless said otherwise. */
  readonly host?: string;
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Its certificate; with a CA every client has to show one of that CA. Absent: plaintext. */
  readonly tls?: CertificateFiles;
  /** Who may call what; health and reflection stay open. Absent: everybody may call everything. */
  readonly authorize?: Authorize;
  /** Where calls that change something, and calls that are refused, are written down. */
  readonly audit?: Audit;
  /** Allows an address that other machines can reach without TLS and `authorize`. */
  readonly insecure?: boolean;
  /** What a refusal says would allow it; `--insecure` unless told. */
  readonly allowance?: string;
  /** Longest message either way, in bytes. */
  readonly maxMessageBytes?: number;
  /** How long `close` lets running calls finish, in milliseconds. */
  readonly graceMs?: number;
  readonly clock?: Clock;
}

/** A running server. It owns its port until `close` resolves. */
export interface RpcServer {
  /** host:port, as a client takes it. */
  readonly address: string;
  readonly port: number;
  /** What grpc.health.v1 reports of that service; '' stands for the whole server. */
  setServing(service: string, serving: boolean): void;
  /** Reports NOT_SERVING, lets running calls finish for the grace period, then cuts them. */
  close(): Promise<void>;
}

const DEFAULT_MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const DEFAULT_GRACE_MS = 2000;
const HEALTH_SERVICE = 'grpc.health.v1.Health';

/** Starts a gRPC server with the services, the standard health service and reflection (v1 and v1alpha). */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const host = options.host ?? '127.0.0.1';
  refusePublicAddress({
    server: options.name ?? 'a gRPC server',
    host,
    authenticates: options.authorize !== undefined,
    encrypts: options.tls !== undefined,
    insecure: options.insecure,
    allowance: options.allowance,
  });
  // grpc-js prints to the console what it also reports by status; only one of them is wanted.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    interceptors: [
      ...(options.authorize === undefined ? [] : [requireAuthorization(options.authorize, options.audit)]),
      ...traceServerCalls(options.tracer ?? NO_TRACING, tracedPaths(options.services)),
      refuseUnreadable(options.onUnreadable),
    ],
    'grpc.max_receive_message_length': options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
  });
  for (const { definition, implementation } of options.services)
    server.addService(readTolerantly(definition), implementation);
  const names = options.services.map(({ definition }) => serviceName(definition));
  const health = addHealth(server, names);
  addReflection(server, names);
  const wanted = formatAddress({ host, port: options.port ?? 0 });
  const port = await bind(server, wanted, serverCredentials(options.tls));
  return {
    address: formatAddress({ host, port }),
    port,
    setServing: (service, serving) => health.setStatus(service, serving ? 'SERVING' : 'NOT_SERVING'),
    close: async () => {
      for (const name of ['', ...names]) health.setStatus(name, 'NOT_SERVING');
      await shutDown(server, options.graceMs ?? DEFAULT_GRACE_MS, options.clock ?? systemClock);
    },
  };
}

function addHealth(server: Server, names: readonly string[]): HealthImplementation {
  const health = new HealthImplementation(
    Object.fromEntries(['', ...names].map((name) => [name, 'SERVING' as const])),
  );
  health.addToServer(server);
  return health;
}

/** What it tells is read when somebody asks: hardly anybody does. */
function addReflection(server: Server, names: readonly string[]): void {
  const services = [ServerReflectionService, ServerReflectionAlphaService];
  const listed = [...names, HEALTH_SERVICE, ...services.map(serviceName)];
  let opened: Promise<Reflection> | undefined;
  const serve = (call: Parameters<Reflection['serve']>[0]): void => {
    opened ??= openReflection(listed);
    opened.then(
      (reflection) => reflection.serve(call),
      (thrown: unknown) => call.emit('error', toGrpcStatus(thrown)),
    );
  };
  for (const service of services) server.addService(service, { serverReflectionInfo: serve });
}

async function openReflection(listed: readonly string[]): Promise<Reflection> {
  const { Reflection } = await import('./reflection.js');
  return new Reflection(await readFile(join(packageRoot, 'proto', 'gen', 'descriptors.binpb')), listed);
}

/** Health and reflection are not among them: probes would fill the receiver. */
function tracedPaths(services: readonly RpcService[]): ReadonlySet<string> {
  const paths = services.flatMap(({ definition, sessions = [] }) =>
    Object.entries(definition).flatMap(([name, { path }]) => (sessions.includes(name) ? [] : [path])),
  );
  return new Set(paths);
}

function serviceName(definition: ServiceDefinition): string {
  const path = Object.values(definition)[0]?.path ?? '';
  return path.split('/')[1] ?? '';
}

function bind(server: Server, address: string, trust: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, trust, (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new MajlisError(`cannot listen on ${address}: ${error.message}`, {
            code: 'unavailable',
            cause: error,
          }),
        );
    });
  });
}

async function shutDown(server: Server, graceMs: number, clock: Clock): Promise<void> {
  const finished = new Promise<void>((resolve, reject) => {
    server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)));
  });
  const cancel = clock.alarm(graceMs, () => server.forceShutdown());
  await finished.finally(cancel);
}
