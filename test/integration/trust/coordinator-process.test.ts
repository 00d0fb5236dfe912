/** `majlis coordinator` for other machines, as a process: what it says, whom it lets in, and how it ends. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { showAudit } from '../../../cli/commands/audit/show-audit.js';
import { connectPlace } from '../../../cli/control/with-control.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { useLastingFolder } from '../../support/temporary-folder.js';
import { majlis, startMajlis } from '../cli/majlis-process.js';

const folder = useLastingFolder();
const path = (name: string): string => join(folder(), name);
let started: ReturnType<typeof startMajlis>;
let said: Map<string, string>;

/** The addresses that its first lines tell. */
async function addresses(lines: AsyncIterable<string>): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const line of lines) {
    const [, what, address] = /^majlis: (health|serving run control) at (\S+)$/.exec(line) ?? [];
    if (what !== undefined && address !== undefined) found.set(what, address);
    if (found.size === 2) return found;
  }
  throw new Error('it ended before it served');
}

beforeAll(async () => {
  const ours = makeAuthority('our CA');
  writeFileSync(path('ca.crt'), ours.pem);
  writeLeaf(
    folder(),
    'server',
    makeLeaf(ours, { commonName: 'c', names: ['DNS:localhost', 'IP:127.0.0.1'] }),
  );
  writeFileSync(path('reader.token'), 'the token of a reader, long');
  const tokens = [{ name: 'dashboard', role: 'reader', tokenFile: 'reader.token' }];
  writeFileSync(path('tokens.yaml'), JSON.stringify({ tokens }));
  started = startMajlis([
    ...['coordinator', '--workspace', path('workspace'), '--listen', 'localhost:0', '--health-port', '0'],
    ...['--tls-cert', path('server.crt'), '--tls-key', path('server.key'), '--tokens', path('tokens.yaml')],
    ...['--metrics', 'jsonl'],
  ]);
  const { stderr } = started.child;
  if (stderr === null) throw new Error('the process has no stderr');
  said = await addresses(createInterface(stderr));
});

it('is ready, and shows runs to who may see them and to nobody else', async () => {
  const ready = await fetch(`http://${said.get('health')}/readyz`);
  expect(`${ready.status} ${await ready.text()}`).toBe('200 ok\n');
  const address = said.get('serving run control') ?? '';
  const remote = ['--coordinator', address, '--tls-ca', path('ca.crt'), '--token-file', path('reader.token')];
  expect(await majlis(['runs', '--json', ...remote])).toMatchObject({ status: 0, stdout: '[]\n' });
  const nobody = { coordinator: address, tlsCa: path('ca.crt') };
  const place = { workspace: folder(), clock: systemClock, remote: nobody };
  await expect(connectPlace(place)).rejects.toThrow('the call shows no token');
});

it('ends when it is told to, and leaves who was refused in the audit log', async () => {
  started.child.kill('SIGTERM');
  await started.finished;
  const { json } = await showAudit({ workspace: path('workspace'), refused: true });
  expect(json).toMatchObject({ entries: [{ outcome: 'unauthenticated' }], damaged: [] });
});

it('is not the only server that does not listen to other machines without them', async () => {
  const { status, stderr } = await majlis(['trainer', 'serve', '--host', '0.0.0.0']);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringContaining('the trainer may not listen on 0.0.0.0, which other machines can reach'),
  });
});
