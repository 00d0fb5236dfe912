import { connect } from 'nats';
import { describeWithNats, startNatsServer } from '../../support/nats-server.js';
import type { NatsVersion } from '../../support/nats-server.js';

describe.each<NatsVersion>(['2.9', '2.14'])('nats-server %s', (version) => {
  describeWithNats(version, 'as the tests run it', () => {
    it('is of that version, and is the same server after a kill', async () => {
      const server = await startNatsServer({ version });
      try {
        const first = await connect({ servers: server.url, reconnect: false });
        expect(first.info?.version).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\.`));
        const manager = await first.jetstreamManager();
        await manager.streams.add({ name: 'kept', subjects: ['kept'] });
        await first.jetstream().publish('kept');
        const { pid, port } = server;
        await server.kill('SIGKILL');
        await first.closed();
        await server.restart();
        expect([server.port, server.pid === pid]).toEqual([port, false]);
        const second = await connect({ servers: server.url, reconnect: false });
        const { state } = await (await second.jetstreamManager()).streams.info('kept');
        expect(state.messages).toBe(1);
        await second.close();
      } finally {
        await server.stop();
      }
    });
  });
});
