/**
 * A PyTorch trainer that scores for a reward server. Invariants: while it is away it is asked nothing but whether it is back; it
 * counts as back once everything that stands in it has scored, which takes up anew what a trainer that was started again has lost.
 */
import { MajlisError, type ErrorCode } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { Trainer } from '../../core/trainer/trainer.js';

export interface ServedTrainerOptions {
  /** host:port, for people. */
  readonly address: string;
  /** Tells two ways to a trainer apart: address, token and certificates. */
  readonly key: string;
  readonly trainer: Trainer;
  readonly clock: Clock;
  /** Told when it went away, and when it is back. */
  readonly onChange: (sentence: string) => void;
  /** How often it is asked whether it is there. */
  readonly everyMs?: number;
}

const EVERY_MS = 1000;
/** When whoever was refused may ask again: a trainer takes some seconds to start. */
const RETRY_MS = 2000;

/** What says that the trainer, or this server's way to it, is at fault, and never what was asked. */
const OF_THE_TRAINER: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'unauthenticated',
  'permission_denied',
  'not_found',
  'failed_precondition',
  'data_loss',
  'unimplemented',
  'aborted',
]);

/** Nobody answered, within the time that there was. */
const UNHEARD: ReadonlySet<ErrorCode> = new Set(['unavailable', 'deadline_exceeded', 'cancelled']);

export class ServedTrainer {
  private why: string | undefined;
  private incarnation: string | undefined;
  private underWay = 0;
  private readonly kept = new Set<() => Promise<unknown>>();
  private readonly closing = new AbortController();
  private watching: Promise<void> | undefined;

  constructor(private readonly options: ServedTrainerOptions) {}

  get address(): string {
    return this.options.address;
  }

  get key(): string {
    return this.options.key;
  }

  get trainer(): Trainer {
    return this.options.trainer;
  }

  /** Why it cannot score, in a sentence for its operator; undefined while it can. */
  get absence(): string | undefined {
    return this.why;
  }

  /** Takes something up in it. One that does not let this server in is named, with what it asks for. */
  async load(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const { code, message } = MajlisError.from(thrown);
      if (code !== 'unauthenticated' && code !== 'permission_denied') throw thrown;
      const next = 'Next: name the file of its token as trainer.torch.tokenFile, in a file for --config.';
      const sentence = `The trainer at ${this.address} does not let this server in: ${message} ${next}`;
      throw new MajlisError(sentence, { code, cause: thrown });
    }
  }

  /** Keeps in it what `prove` scores with, and takes it up anew where it was lost; until the returned function is called. */
  keep(prove: () => Promise<unknown>): () => void {
    this.kept.add(prove);
    this.watching ??= this.watch();
    return () => this.kept.delete(prove);
  }

  /**
   * Asks it for scores. What is the trainer's fault is `unavailable`, at once while it is known to be away: whoever is paid by it is told
   * when to ask again, and nothing of where it stands.
   */
  async ask<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.why !== undefined) throw away();
    this.underWay += 1;
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof MajlisError) || !OF_THE_TRAINER.has(thrown.code)) throw thrown;
      this.lose(thrown);
      throw away(thrown);
    } finally {
      this.underWay -= 1;
    }
  }

  /** Deletes a model there; one that is in a trainer which is away or says nothing goes with it, or is told to its operator. */
  async free(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const { code, message } = MajlisError.from(thrown);
      if (!UNHEARD.has(code)) throw thrown;
      this.options.onChange(
        `a model may be left in the trainer at ${this.address} until it is restarted: ${message}`,
      );
    }
  }

  /** Ends the connection, and so what is asked over it. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.trainer.close();
    await this.watching;
  }

  private async watch(): Promise<void> {
    const { clock, everyMs = EVERY_MS } = this.options;
    const { signal } = this.closing;
    while (!signal.aborted) {
      await this.look();
      // Ends early when it is closed.
      await clock.sleep(everyMs, signal).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    try {
      const { incarnationId } = await this.trainer.capabilities();
      this.incarnation ??= incarnationId;
      const isAnother = this.incarnation !== incarnationId;
      if (isAnother && this.why === undefined) this.tell('it was started again, and what it lost is loaded');
      if (this.why === undefined) return;
      for (const prove of this.kept) await prove();
      this.incarnation = incarnationId;
      this.tell(undefined);
    } catch (thrown) {
      if (!this.closing.signal.aborted) this.lose(MajlisError.from(thrown));
    }
  }

  /** A trainer that computes for this server answers nothing else meanwhile: that is no absence. */
  private lose({ code, message }: MajlisError): void {
    if (code === 'deadline_exceeded' && this.underWay > 0) return;
    this.tell(message);
  }

  private tell(why: string | undefined): void {
    const wasAway = this.why !== undefined;
    this.why = why;
    const { address, onChange } = this.options;
    if (why !== undefined && !wasAway) {
      onChange(
        `the trainer at ${address} cannot score: ${why}; what it scores is refused until it can. Next: see that it runs there; what stood in it is loaded again by itself`,
      );
    }
    if (why === undefined && wasAway) onChange(`the trainer at ${address} scores again`);
  }
}

function away(cause?: MajlisError): MajlisError {
  const sentence = `the trainer that scores by this reward model is away; ask again in ${RETRY_MS / 1000} s`;
  return new MajlisError(sentence, { code: 'unavailable', retryAfterMs: RETRY_MS, cause });
}
