import { connect, type Socket } from 'node:net';

/** A reply as it came over a connection. */
export interface RawReply {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';
const PATIENCE_MS = 5000;

/** A connection that sends whatever bytes it is given, and reads what comes back. */
export class RawConnection {
  private received = '';
  private isClosed = false;
  private wake: () => void = () => undefined;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.received += chunk;
      this.wake();
    });
    // What a connection is broken by shows in the reply that is missing.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new RawConnection(socket)));
    });
  }

  /** Sends a request; undefined where the server hangs up without a whole reply. */
  async ask(bytes: Buffer): Promise<RawReply | undefined> {
    this.socket.write(bytes);
    return this.reply();
  }

  /** Sends and says that nothing more comes; what came back until the server hung up too. */
  async askAndEnd(bytes: Buffer): Promise<RawReply | undefined> {
    this.socket.end(bytes);
    const reply = await this.reply();
    await this.until(() => this.isClosed);
    return reply;
  }

  /** Whether another request may follow. */
  get isOpen(): boolean {
    return !this.isClosed && this.socket.writable;
  }

  close(): void {
    this.socket.destroy();
  }

  private async reply(): Promise<RawReply | undefined> {
    let reply: RawReply | undefined;
    await this.until(() => {
      reply = this.take();
      return reply !== undefined || this.isClosed;
    });
    return reply;
  }

  private take(): RawReply | undefined {
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return undefined;
    const head = this.received.slice(0, headEnd);
    const status = Number(head.slice(9, 12));
    const start = headEnd + HEAD_END.length;
    if (status < 200) {
      this.received = this.received.slice(start);
      return this.take();
    }
    const end = start + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.received.length < end) return undefined;
    const body = Buffer.from(this.received.slice(start, end), 'latin1').toString('utf8');
    this.received = this.received.slice(end);
    if (/\r\nconnection: *close/i.test(head)) this.socket.end();
    return { status, head, body };
  }

  private until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const alarm = setTimeout(() => {
        reject(new Error(`no reply in ${PATIENCE_MS} ms; so far ${JSON.stringify(this.received)}`));
      }, PATIENCE_MS);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(alarm);
        this.wake = () => undefined;
        resolve();
      };
      this.wake = look;
      look();
    });
  }
}
