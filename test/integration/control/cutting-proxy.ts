import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that cuts connections, in the middle of whatever they carry. */
export class CuttingProxy {
  /** Connections that it has cut so far. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  /** A proxy before `target` (host:port) that cuts each connection after so many bytes to the client. */
  static async start(target: string, bytesPerConnection: () => number): Promise<CuttingProxy> {
    const [host, port] = target.split(':');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttingProxy(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => {
      proxy.serve(client, connect({ host, port: Number(port) }), bytesPerConnection());
    });
    return proxy;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(client: Socket, upstream: Socket, bytes: number): void {
    let left = bytes;
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
    }
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    client.on('data', (data) => upstream.write(data)).on('close', end);
    upstream.on('close', end).on('data', (data) => {
      client.write(data.subarray(0, left));
      left -= data.length;
      if (left > 0) return;
      this.cuts += 1;
      // What is written already still reaches the client; nothing after it does.
      upstream.destroy();
      client.end();
    });
  }
}
