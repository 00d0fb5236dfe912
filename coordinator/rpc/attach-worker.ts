import type { ServerDuplexStream } from '@grpc/grpc-js';
import type * as wire from '../../proto/gen/majlis/v1/coordinator.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { callerOfCall } from '../../core/rpc/caller-of-call.js';
import { directiveToMessage, welcomeToMessage } from '../../core/rpc/convert-directive.js';
import { heartbeatFromMessage, workerHelloFromMessage } from '../../core/rpc/convert-worker.js';
import { answerHello } from '../../core/rpc/negotiate-protocol.js';
import { toGrpcStatus } from '../../core/rpc/status.js';
import { workerName } from '../fleet/worker-name.js';
import type { AttachedWorker, WorkerRegistry } from '../fleet/worker-registry.js';

type AttachCall = ServerDuplexStream<wire.AttachWorkerRequest, wire.AttachWorkerResponse>;

export interface AttachWorkerOptions {
  readonly registry: WorkerRegistry;
  /** Name and version of this software, for logs of the worker. */
  readonly software: string;
  /** Fires when the process stops: sessions end as `unavailable`, so that workers look for another. */
  readonly stopping: AbortSignal;
}

/** Serves one worker's session, from its hello until either side ends it. A message that breaks the order ends it. */
export function serveWorker(call: AttachCall, options: AttachWorkerOptions): void {
  const session = new WorkerSession(call, options);
  const stop = (): void =>
    session.fail(new MajlisError('the coordinator is stopping', { code: 'unavailable' }));
  if (options.stopping.aborted) return stop();
  options.stopping.addEventListener('abort', stop, { once: true });
  const leave = (): void => {
    options.stopping.removeEventListener('abort', stop);
    session.leave();
  };
  call.on('data', (request: wire.AttachWorkerRequest) => session.receive(request));
  call.on('end', () => {
    leave();
    session.end();
  });
  call.on('cancelled', leave);
  call.on('error', leave);
}

/** Far more than a worker is told in the time in which heartbeats may stay out. */
const MOST_UNREAD = 64;

class WorkerSession {
  private worker: AttachedWorker | undefined;
  private isOver = false;

  constructor(
    private readonly call: AttachCall,
    private readonly options: AttachWorkerOptions,
  ) {}

  receive({ message }: wire.AttachWorkerRequest): void {
    if (this.isOver) return;
    try {
      if (message === undefined) throw outOfOrder('nothing', 'a hello or a heartbeat');
      if (message.$case === 'hello') this.welcome(message.value);
      else if (this.worker === undefined) throw outOfOrder('a heartbeat', 'a hello first');
      else this.worker.heartbeat(heartbeatFromMessage(message.value));
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  fail(thrown: unknown): void {
    if (this.isOver) return;
    this.leave();
    this.call.emit('error', toGrpcStatus(thrown));
  }

  leave(): void {
    this.isOver = true;
    this.worker?.detach();
    this.worker = undefined;
  }

  end(): void {
    this.call.end();
  }

  private welcome(hello: wire.WorkerHello): void {
    if (this.worker !== undefined) throw outOfOrder('a second hello', 'heartbeats');
    const { registry, software } = this.options;
    const reply = answerHello(hello.hello, software);
    // What the registry has to say comes after the welcome.
    const early: wire.Directive[] = [];
    let write = (directive: wire.Directive): unknown => early.push(directive);
    const claimed = workerHelloFromMessage(hello);
    const named = { ...claimed, worker: workerName(callerOfCall(this.call), claimed.worker) };
    const worker = registry.attach(
      named,
      (directive) => write(directiveToMessage({ epoch: registry.epoch, directive })),
      (why) => this.fail(why),
    );
    this.worker = worker;
    this.write({ $case: 'welcome', value: welcomeToMessage(worker.welcome, reply) });
    write = (directive) => this.write({ $case: 'directive', value: directive });
    for (const directive of early) write(directive);
  }

  /** A worker that does not read is let go before its directives fill the memory: when it comes back it is told what holds. */
  private write(message: wire.AttachWorkerResponse['message']): void {
    if (this.isOver) return;
    this.call.write({ message });
    if (this.call.writableLength <= MOST_UNREAD) return;
    const sentence = `more than ${MOST_UNREAD} directives wait for the worker to read them`;
    this.fail(new MajlisError(sentence, { code: 'resource_exhausted' }));
  }
}

function outOfOrder(found: string, allowed: string): BadInputError {
  return new BadInputError({ source: 'message majlis.v1.AttachWorkerRequest', found, allowed });
}
