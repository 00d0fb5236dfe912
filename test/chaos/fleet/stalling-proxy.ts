import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that one pod has before a server: it passes bytes on, withholds them, or cuts its connections. */
export class StallingProxy {
  private readonly sockets = new Set<Socket>();
  private isStalled = false;

  private constructor(
    private readonly server: Server,
    private readonly target: number,
  ) {}

  /** Listens on a free port of loopback, before that port. */
  static async start(target: number): Promise<StallingProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new StallingProxy(server, target);
    server.on('connection', (client) => proxy.serve(client));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing passes, either way; connections stay. */
  stall(): void {
    this.isStalled = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was withheld passes, and all after it. */
  restore(): void {
    this.isStalled = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Cuts every connection with a reset; new ones pass. */
  drop(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.server.close();
    this.drop();
    await once(this.server, 'close');
  }

  private serve(client: Socket): void {
    const upstream = connect({ host: '127.0.0.1', port: this.target });
    const ends = [client, upstream] as const;
    for (const [from, to] of [ends, [upstream, client] as const]) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (bytes) => to.write(bytes));
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isStalled) from.pause();
    }
  }
}
