import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MajlisError } from '../../core/errors.js';
import { subjectsOf } from '../../core/http/tls-context.js';
import { traceRequest } from '../../core/http/trace-request.js';
import { NO_TRACING } from '../../core/telemetry/tracing/no-tracing.js';
import type { Tracer } from '../../core/telemetry/tracing/tracer.js';
import type { Authorize } from '../../core/trust/authorize.js';
import { REWARD_METHODS } from '../../core/trust/role-methods.js';
import type { RewardService } from '../serving/reward-service.js';
import type { HttpContract } from './http-contract.js';
import { receiveBody, withinNesting } from './received-body.js';
import { readTarget } from './request-target.js';
import type { RewardHttpObserver } from './reward-http-observer.js';
import { shownToken } from './shown-token.js';

/** What requests are answered with. */
export interface RequestAnswering {
  readonly service: RewardService;
  /** Absent: everybody may ask, as `anonymous`. */
  readonly authorize?: Authorize;
  readonly observer?: RewardHttpObserver;
  readonly tracer?: Tracer;
  /** Of one body, and of all bodies at hand at one time. */
  readonly bodyBytes: number;
  readonly bodyBytesAtOnce: number;
}

/** Under which a request carries the name of whoever asks. */
const CALLER = 'rewardCaller';
const ANONYMOUS = 'anonymous';
/** Of nginx: the client went before its answer came. */
const CLIENT_GONE = 499;

/** Routes of a server whose bodies come as bytes: who asks is known, and bodies have room, before they are read. */
export class RequestAnswers {
  private bytesAtHand = 0;

  constructor(
    private readonly server: FastifyInstance,
    private readonly options: RequestAnswering,
  ) {
    server.decorateRequest(CALLER, ANONYMOUS);
  }

  /** Answers a contract at its path. */
  serve(contract: HttpContract): void {
    const source = `POST ${contract.path}`;
    const { tracer = NO_TRACING } = this.options;
    this.server.post(
      contract.path,
      { onRequest: (request, reply) => this.begin(contract, request, reply) },
      (request, reply) =>
        traceRequest(tracer, { method: 'POST', route: contract.path, headers: request.headers }, () =>
          this.answer({ contract, source }, request, reply),
        ),
    );
  }

  /** Lets in whoever may ask for rewards, and throws for others. */
  readonly letIn = async (request: FastifyRequest): Promise<void> => {
    const { authorize } = this.options;
    if (authorize === undefined) return;
    const header = shownToken(request.headers.authorization);
    const { name } = authorize(header, REWARD_METHODS.score, subjectsOf(request.raw));
    request.setDecorator(CALLER, name);
  };

  private async begin(contract: HttpContract, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    let held = 0;
    reply.raw.once('close', () => {
      this.bytesAtHand -= held;
      const status = reply.raw.writableFinished ? reply.statusCode : CLIENT_GONE;
      this.options.observer?.onAnswer({ contract: contract.name, status, tookMs: reply.elapsedTime });
    });
    await this.letIn(request);
    held = this.hold(request);
  }

  /** Counts a body that is about to be read; one that says it is too large is not. */
  private hold({ headers }: FastifyRequest): number {
    const { bodyBytes, bodyBytesAtOnce } = this.options;
    // One that does not say how long it is may become as long as any.
    const bytes = Number(headers['content-length'] ?? bodyBytes);
    if (bytes > bodyBytes) {
      const sentence = `the body has ${bytes} bytes; at most ${bodyBytes} are read: ask about fewer answers at a time`;
      throw new MajlisError(sentence, { code: 'out_of_range' });
    }
    if (this.bytesAtHand > 0 && this.bytesAtHand + bytes > bodyBytesAtOnce) {
      throw new MajlisError('the server has its hands full; ask again', { code: 'unavailable' });
    }
    this.bytesAtHand += bytes;
    return bytes;
  }

  private async answer(
    { contract, source }: { readonly contract: HttpContract; readonly source: string },
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<string> {
    const target = readTarget(request.query, source);
    const body = receiveBody(request.body, source);
    const question = withinNesting(source, () => contract.read(body, target));
    const deadlineMs = question.deadlineMs ?? target.deadlineMs;
    const scored = await this.options.service.score(
      { reward: question.reward ?? target.reward, items: question.items },
      {
        caller: request.getDecorator<string>(CALLER),
        signal: goneSignal(reply),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      },
    );
    void reply.type('application/json');
    return withinNesting(source, () => question.tell(scored));
  }
}

/** Fires when the client goes before its answer came. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
