import { startRpcServer } from '../../../../core/rpc/server.js';
import { isLoopback, refusePublicAddress } from '../../../../core/trust/refuse-public-address.js';

const PUBLIC = { server: 'the coordinator', host: '0.0.0.0', authenticates: false, encrypts: false };

it.each(['127.0.0.1', '127.8.0.1', 'localhost', 'LOCALHOST', '::1', '[::1]'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each(['0.0.0.0', '::', '[::]', '10.0.0.1', '127.0.0.1.example.org', 'coordinator', '', '2130706433'])(
  '%j is not',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

it('refuses a public address without anybody to check, and one whose tokens go in plaintext', () => {
  expect(() => refusePublicAddress(PUBLIC)).toThrow(
    'the coordinator may not listen on 0.0.0.0, which other machines can reach: nobody would have to show who they are. Next: give it a tokens file, a certificate and its key',
  );
  expect(() => refusePublicAddress({ ...PUBLIC, encrypts: true })).toThrow('nobody would have to show');
  expect(() => refusePublicAddress({ ...PUBLIC, authenticates: true })).toThrow('in plaintext');
});

it('lets pass what is safe, what stays on this machine, and what a person takes upon themselves', () => {
  const passes = [
    { ...PUBLIC, authenticates: true, encrypts: true },
    { ...PUBLIC, host: '127.0.0.1' },
    { ...PUBLIC, insecure: true },
  ];
  for (const one of passes) expect(() => refusePublicAddress(one)).not.toThrow();
});

it('stands before every gRPC server', async () => {
  await expect(startRpcServer({ services: [], host: '0.0.0.0' })).rejects.toMatchObject({
    code: 'failed_precondition',
    message: expect.stringContaining('a gRPC server may not listen on 0.0.0.0'),
  });
});
