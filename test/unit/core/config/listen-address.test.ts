import { formatAddress, parseListenAddress } from '../../../../core/config/listen-address.js';

it.each([
  ['127.0.0.1:7460', '127.0.0.1', 7460],
  ['coordinator.majlis.svc:0', 'coordinator.majlis.svc', 0],
  ['[::1]:65535', '::1', 65_535],
])('reads %s', (text, host, port) => {
  expect(parseListenAddress(text, '--listen')).toEqual({ host, port });
  expect(formatAddress({ host, port })).toBe(text);
});

it.each(['', '7460', ':7460', 'host', 'host:', 'host:65536', 'host:-1', '::1:7460', 'a b:1', 'http://h:1'])(
  'refuses %j',
  (text) => {
    expect(() => parseListenAddress(text, '--listen')).toThrow(
      `--listen: found ${JSON.stringify(text)}; allowed: HOST:PORT`,
    );
  },
);
