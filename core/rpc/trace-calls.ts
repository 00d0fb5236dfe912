import { AsyncLocalStorage } from 'node:async_hooks';
import {
  InterceptingCall,
  ListenerBuilder,
  RequesterBuilder,
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status as GrpcStatus,
} from '@grpc/grpc-js';
import type { Interceptor, Metadata, ServerInterceptor } from '@grpc/grpc-js';
import { MajlisError } from '../errors.js';
import { NO_TRACING } from '../telemetry/tracing/no-tracing.js';
import { SPAN_ATTRIBUTES } from '../telemetry/tracing/span-attributes.js';
import type { Span, SpanAttributes, SpanOptions, TraceHeaders, Tracer } from '../telemetry/tracing/tracer.js';
import { toGrpcStatus } from './status.js';

const HEADERS = ['traceparent', 'tracestate'] as const;

/** What a client's calls pass: a span for each, handed on in its metadata. Nothing where nothing is traced. */
export function traceClientCalls(tracer: Tracer): Interceptor[] {
  if (tracer === NO_TRACING) return [];
  const trace: Interceptor = (options, nextCall) => {
    const { path } = options.method_definition;
    const start = new RequesterBuilder().withStart((metadata, _listener, next) => {
      const { end } = callSpan(tracer, path, { kind: 'client' }, () => {
        for (const [name, value] of Object.entries(tracer.inject())) metadata.set(name, value);
      });
      const ending = new ListenerBuilder().withOnReceiveStatus((ended, pass) => {
        end(ended.code);
        pass(ended);
      });
      next(metadata, ending.build());
    });
    return new InterceptingCall(nextCall(options), start.build());
  };
  return [trace];
}

/**
 * What a server's calls of those paths pass: a span for each, caused by whoever its metadata name, within which the handler runs.
 * Nothing where nothing is traced.
 */
export function traceServerCalls(tracer: Tracer, paths: ReadonlySet<string>): ServerInterceptor[] {
  if (tracer === NO_TRACING) return [];
  const trace: ServerInterceptor = ({ path }, call) => {
    if (!paths.has(path)) return new ServerInterceptingCall(call);
    let end: CallSpan['end'] = () => undefined;
    let within = <Result>(work: () => Result): Result => work();
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, pass) => {
        const parent = headersOf(metadata);
        ({ end, within } = callSpan(tracer, path, { kind: 'server', parent }, () => undefined));
        within(() => pass(metadata));
      })
      .withOnReceiveMessage((message, pass) => within(() => pass(message)))
      .withOnReceiveHalfClose((pass) => within(pass))
      .withOnCancel(() => end(GrpcStatus.CANCELLED))
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((ended, pass) => {
        end(ended.code);
        pass(ended);
      });
    return new ServerInterceptingCall(call, responder.build());
  };
  return [trace];
}

/** One request of a stream that carries many. */
export interface StreamedRequest {
  /** Of the stream, as `package.Service/Method`. */
  readonly method: string;
  /** As the request names it. */
  readonly traceparent?: string | undefined;
}

/** Does what a request asks within a span of its own, caused by whoever it names and by no other request of its stream. */
export function traceRequest<Result>(
  tracer: Tracer,
  { method, traceparent }: StreamedRequest,
  work: () => Promise<Result>,
): Promise<Result> {
  if (tracer === NO_TRACING) return work();
  const parent: TraceHeaders = traceparent === undefined ? {} : { traceparent };
  return tracer.span(method, { kind: 'server', parent, attributes: callAttributes(method) }, async (span) => {
    let name = 'OK';
    try {
      return await work();
    } catch (thrown) {
      name = GrpcStatus[toGrpcStatus(thrown).code] ?? 'UNKNOWN';
      throw thrown;
    } finally {
      span.set({ [SPAN_ATTRIBUTES.rpcStatus]: name });
    }
  });
}

interface CallSpan {
  /** Ends the span with the status of the call; the first end counts. */
  readonly end: (code: number) => void;
  /** Does work as if it stood within the span. */
  readonly within: <Result>(work: () => Result) => Result;
}

/** Begins a span that somebody else's event ends; `begin` runs within it, at once. */
function callSpan(tracer: Tracer, path: string, options: SpanOptions, begin: () => void): CallSpan {
  const method = path.slice(1);
  const attributes = callAttributes(method);
  let end: CallSpan['end'] = () => undefined;
  let within: CallSpan['within'] = (work) => work();
  const lasting = tracer.span(method, { ...options, attributes }, (span) => {
    within = AsyncLocalStorage.snapshot();
    begin();
    return new Promise<void>((resolve, reject) => {
      end = (code) => finish(span, code, resolve, reject);
    });
  });
  // The failure is the caller's, who has it from the call itself.
  lasting.catch(() => undefined);
  return { end: (code) => end(code), within: (work) => within(work) };
}

/** What every span of a call has. */
export function callAttributes(method: string): SpanAttributes {
  return { [SPAN_ATTRIBUTES.rpcSystem]: 'grpc', [SPAN_ATTRIBUTES.rpcMethod]: method };
}

function finish(span: Span, code: number, resolve: () => void, reject: (error: MajlisError) => void): void {
  const name = GrpcStatus[code] ?? 'UNKNOWN';
  span.set({ [SPAN_ATTRIBUTES.rpcStatus]: name });
  if (name === 'OK') resolve();
  else reject(new MajlisError(`the call ended as ${name}`, { code: 'internal' }));
}

function headersOf(metadata: Metadata): TraceHeaders {
  return Object.fromEntries(
    HEADERS.flatMap((name) => {
      const [value] = metadata.get(name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}
