import { setTimeout as delay } from 'node:timers/promises';
import { NatsBus } from '../../core/bus/nats-bus.js';
import { systemClock } from '../../core/runtime/clock.js';
import { describeWithNats, startNatsServer } from '../support/nats-server.js';
import type { NatsServer, NatsVersion } from '../support/nats-server.js';
import { describeBus } from './bus.contract.js';

describe.each<NatsVersion>(['2.9', '2.14'])('on nats-server %s', (version) => {
  describeWithNats(version, 'of this version', () => {
    let server: NatsServer;
    let releases = 0;

    beforeAll(async () => {
      server = await startNatsServer({ version });
    });

    afterAll(async () => {
      await server.stop();
    });

    describeBus('the NATS bus', async () => {
      releases += 1;
      const bus = await NatsBus.connect({ url: server.url, release: `test-${releases}`, clock: systemClock });
      return {
        bus,
        close: () => bus.close(),
        elapse: async (milliseconds) => {
          await delay(milliseconds);
        },
      };
    });
  });
});
