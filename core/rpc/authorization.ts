import { ServerInterceptingCall } from '@grpc/grpc-js';
import type {
  Metadata,
  ServerInterceptingCallInterface,
  ServerInterceptor,
  ServerListener,
} from '@grpc/grpc-js';
import { MajlisError } from '../errors.js';
import type { NewAuditEntry } from '../trust/audit-entry.js';
import type { AuditLog } from '../trust/audit-log.js';
import type { Authorize, Caller } from '../trust/authorize.js';
import { RefusedCall } from '../trust/authorize.js';
import { certificateSubjects } from '../trust/certificate-subjects.js';
import { isAudited } from '../trust/role-methods.js';
import { auditedCall } from './audited-call.js';
import { AUTHORIZATION_KEY } from './bearer-token.js';
import { rememberCaller } from './caller-of-call.js';
import { codeOfStatus, toGrpcStatus } from './status.js';

const OPEN_SERVICES = ['/grpc.health.v1.', '/grpc.reflection.'];

/** Where calls that change something, and calls that are refused, are written down. */
export interface Audit {
  readonly log: AuditLog;
  /** Told why a refused call has no line. A call that changes something fails instead. */
  onFailure(failure: MajlisError): void;
}

/**
 * Refuses every call that is not authorized, before its handler sees it. Health and reflection stay open: they tell nothing
 * of a run. With an audit log, the answer to a call that changes something leaves after its line is on disk.
 */
export function requireAuthorization(authorize: Authorize, audit?: Audit): ServerInterceptor {
  return ({ path }, call) => {
    if (OPEN_SERVICES.some((prefix) => path.startsWith(prefix))) return new ServerInterceptingCall(call);
    const guarded = new GuardedCall(path, call, { authorize, audit });
    return new ServerInterceptingCall(call, {
      start: (next) => next(guarded.listener),
      sendMessage: (message, next) => guarded.beforeAnswer(message, () => next(message)),
      sendStatus: (status, next) => guarded.beforeEnd(status, () => next(status)),
    });
  };
}

interface EndOfCall {
  readonly code?: number | null;
  readonly details?: string | null;
}

/** One call on its way through: who made it, and what was asked. */
class GuardedCall {
  private caller: Caller | undefined;
  private request: unknown;
  private isWritten = false;

  constructor(
    private readonly path: string,
    private readonly call: ServerInterceptingCallInterface,
    private readonly options: { readonly authorize: Authorize; readonly audit: Audit | undefined },
  ) {}

  readonly listener: ServerListener = {
    onReceiveMetadata: (metadata, next) => {
      try {
        this.caller = this.identify(metadata);
        rememberCaller(metadata, this.caller);
      } catch (thrown) {
        void this.refuse(thrown);
        return;
      }
      // What is not audited goes by untouched.
      this.isWritten = this.options.audit === undefined || !isAudited(this.path);
      next(metadata);
    },
    onReceiveMessage: (message: unknown, next) => {
      if (!this.isWritten) this.request = message;
      next(message);
    },
    onReceiveHalfClose: (next) => next(),
    onCancel: () => undefined,
  };

  beforeAnswer(response: unknown, next: () => void): void {
    this.write(next, () => ({ outcome: 'ok', ...auditedCall(this.request, response) }));
  }

  beforeEnd({ code, details }: EndOfCall, next: () => void): void {
    const outcome = codeOfStatus(code ?? 0) ?? 'ok';
    const message = outcome === 'ok' ? {} : { message: details ?? '' };
    this.write(next, () => ({ outcome, ...message, ...auditedCall(this.request) }));
  }

  private async refuse(thrown: unknown): Promise<void> {
    const { audit } = this.options;
    const failure = MajlisError.from(thrown);
    const { code: outcome, message } = failure;
    if (thrown instanceof RefusedCall) this.caller = thrown.caller;
    this.isWritten = true;
    try {
      await audit?.log.appendRefusal(this.entry({ outcome, message }));
    } catch (why) {
      audit?.onFailure(MajlisError.from(why));
    }
    this.call.sendStatus(toGrpcStatus(failure));
  }

  private write(
    next: () => void,
    describe: () => Omit<NewAuditEntry, 'peer' | 'method' | 'name' | 'role'>,
  ): void {
    const { audit } = this.options;
    if (this.isWritten || audit === undefined) {
      next();
      return;
    }
    this.isWritten = true;
    audit.log.append(this.entry(describe())).then(next, (thrown: unknown) => {
      const failure = MajlisError.from(thrown);
      const sentence = `the command was taken, but not written down: ${failure.message}`;
      this.call.sendStatus(toGrpcStatus(new MajlisError(sentence, { code: failure.code, cause: failure })));
    });
  }

  private identify(metadata: Metadata): Caller {
    const [header] = metadata.get(AUTHORIZATION_KEY);
    const subjects = certificateSubjects(this.call.getAuthContext().sslPeerCertificate);
    return this.options.authorize(header === undefined ? undefined : String(header), this.path, subjects);
  }

  private entry(of: Omit<NewAuditEntry, 'peer' | 'method' | 'name' | 'role'>): NewAuditEntry {
    const who = this.caller === undefined ? {} : { name: this.caller.name, role: this.caller.role };
    return { ...who, peer: this.call.getPeer(), method: this.path.slice(1), ...of };
  }
}
