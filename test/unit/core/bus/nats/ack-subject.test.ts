import { deliveryFacts } from '../../../../../core/bus/nats/ack-subject.js';

describe('the reply subject of a delivery', () => {
  it.each([
    ['until 2.14', '$JS.ACK.majlis_a_tasks.readers.3.17.20.1700000000000000000.4'],
    ['with domain and account', '$JS.ACK.hub.ACCHASH.majlis_a_tasks.readers.3.17.20.1700000000000000000.4'],
    ['with a token after them', '$JS.ACK._.ACCHASH.majlis_a_tasks.readers.3.17.20.1700000000000000000.4.rnd'],
  ])('tells stream, sequence and attempt (%s)', (_form, reply) => {
    expect(deliveryFacts(reply)).toEqual({ stream: 'majlis_a_tasks', sequence: 17, attempt: 3 });
  });

  it.each(['', '_INBOX.a.b', '$JS.ACK.stream.readers.x.y.1.2.3', 'a.b.c.d.1.2.3.4.5'])(
    'is refused where it is none of JetStream (%s)',
    (reply) => {
      expect(() => deliveryFacts(reply)).toThrow("which is none of JetStream's");
    },
  );
});
