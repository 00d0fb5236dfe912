import { MajlisError } from '../../../core/errors.js';
import { connectPlace, type ControlPlace } from '../../control/with-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';
import type { CommandResult, Session } from '../session.js';
import { takeLook, type Look } from './take-look.js';
import { TokenRates } from './token-rates.js';
import { topJson } from './top-json.js';
import { topText } from './top-text.js';

export interface TopRequest extends Omit<ControlPlace, 'clock'> {
  readonly once: boolean;
}

type TopSession = Pick<Session, 'terminal' | 'clock' | 'signal'>;

const EVERY_MS = 1000;

/** Looks each second and redraws, until the person stops it; once where there is no screen. The last look is the result. */
export async function runTop(request: TopRequest, session: TopSession): Promise<CommandResult> {
  const screen = new TopScreen(request, session);
  try {
    const look = await screen.show();
    if (request.once || !session.terminal.isLive) return result(look, screen.textOf(look));
    const last = await screen.follow(look);
    return result(last, screen.textOf(last));
  } finally {
    await screen.close();
  }
}

function result(look: Look, text: string): CommandResult {
  return { json: topJson(look), text };
}

/** Keeps a connection as long as it lasts, and takes another when the process is another one. */
class TopScreen {
  private readonly rates = new TokenRates();
  private control: RunControlClient | undefined;

  constructor(
    private readonly request: TopRequest,
    private readonly session: TopSession,
  ) {}

  /** One look; whoever does not answer is asked anew the next time. */
  async show(): Promise<Look> {
    const { clock, terminal } = this.session;
    const say = (sentence: string): void => terminal.say(sentence);
    this.control ??= await connectPlace({ ...this.request, clock, say });
    try {
      return await takeLook(this.control);
    } catch (thrown) {
      await this.close();
      throw thrown;
    } finally {
      // A ledger file is nobody's for longer than a look: another process may want to run.
      if (this.control?.over === 'ledger_file') await this.close();
    }
  }

  async follow(first: Look): Promise<Look> {
    const { clock, terminal, signal } = this.session;
    let last = first;
    try {
      for (;;) {
        terminal.redraw(this.textOf(last).split('\n'));
        await clock.sleep(EVERY_MS, signal);
        last = await this.nextAfter(last);
      }
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
      return last;
    } finally {
      terminal.redraw([]);
    }
  }

  textOf(look: Look): string {
    const { clock } = this.session;
    const nowMs = clock.monotonic();
    const rates = look.runs.flatMap((summary) => {
      const rate = this.rates.rate(summary, nowMs);
      return rate === undefined ? [] : [[summary.run.id, rate] as const];
    });
    return topText(look, { nowMs: clock.now(), rates: new Map(rates) });
  }

  async close(): Promise<void> {
    await this.control?.close();
    this.control = undefined;
  }

  /** A process that is between two lives is waited for, with what was seen last. */
  private async nextAfter(last: Look): Promise<Look> {
    try {
      return await this.show();
    } catch (thrown) {
      const { code, message } = MajlisError.from(thrown);
      if (code !== 'unavailable' && code !== 'deadline_exceeded') throw thrown;
      this.session.terminal.say(`majlis: ${message}`);
      return last;
    }
  }
}
