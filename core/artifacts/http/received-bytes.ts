import type { IncomingMessage } from 'node:http';
import { MajlisError } from '../../errors.js';

/** The bytes of one artifact as they come, over as many answers as it takes. */
export class ReceivedBytes {
  private chunks: Buffer[] = [];
  private received = 0;

  /** `most` bytes are taken and not one more, whatever a server says or does not say. */
  constructor(private readonly most: number) {}

  /** How many there are: where the next answer should go on. */
  get length(): number {
    return this.received;
  }

  /** Takes the body of an answer of status 200, which begins anew, or 206, which has to go on here. */
  async take(response: IncomingMessage): Promise<void> {
    if (response.statusCode === 206) this.requireNext(response.headers['content-range']);
    else this.clear();
    const announced = Number(response.headers['content-length'] ?? 0);
    if (!(this.received + announced <= this.most))
      throw this.tooLong(String(this.received + announced), response);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (this.received + chunk.length > this.most) throw this.tooLong(`more than ${this.most}`, response);
      this.chunks.push(chunk);
      this.received += chunk.length;
    }
  }

  /** All of them. */
  whole(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Forgets what came. */
  clear(): void {
    this.chunks = [];
    this.received = 0;
  }

  private requireNext(header: string | undefined): void {
    const [, first] = /^bytes (\d+)-\d+\/\d+$/.exec(header ?? '') ?? [];
    if (first !== undefined && Number(first) === this.received) return;
    const found = header === undefined ? 'no range' : `the range "${header.slice(0, 80)}"`;
    const wanted = `bytes from ${this.received} on`;
    this.clear();
    throw new MajlisError(`the answer holds ${found} instead of ${wanted}`, { code: 'unavailable' });
  }

  private tooLong(found: string, response: IncomingMessage): MajlisError {
    response.destroy();
    return new MajlisError(`the answer has ${found} bytes, and an artifact has at most ${this.most}`, {
      code: 'out_of_range',
    });
  }
}
