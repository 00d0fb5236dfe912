/** Run control for other machines: TLS, tokens with roles, and what the audit log has of it. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditFile, AuditedRunControl } from '../../../cli/control/audited-run-control.js';
import { connectToProcess } from '../../../cli/control/connect-control.js';
import { OfflineRunControl } from '../../../cli/control/offline-run-control.js';
import { serveRunControl, type RunControlServer } from '../../../cli/control/serve-run-control.js';
import { connectPlace, withControl } from '../../../cli/control/with-control.js';
import { shadowRubric } from '../../../cli/commands/rubric/shadow/shadow-rubric.js';
import { rubricPath } from '../../../cli/commands/rubric/find-rubric.js';
import { swapRubric } from '../../../cli/commands/rubric/swap-rubric.js';
import { showAudit } from '../../../cli/commands/audit/show-audit.js';
import type { Terminal } from '../../../cli/terminal/terminal.js';
import { watchRun } from '../../../cli/commands/watch/watch-run.js';
import { openServerTrust, type ServerTrust } from '../../../cli/trust/server-trust-flags.js';
import { remotePlace, type RemoteFlags } from '../../../cli/trust/remote-flags.js';
import { MajlisError } from '../../../core/errors.js';
import { MemoryLedger } from '../../../core/ledger/memory-ledger.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { AuditLog } from '../../../core/trust/audit-log.js';
import { localUser } from '../../../core/trust/local-user.js';
import { readAudit } from '../../../core/trust/read-audit.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const folder = useLastingFolder();
const said: string[] = [];
const ours = makeAuthority('our CA');
const HOUR_MS = 3_600_000;

let ledger: MemoryLedger;
let server: RunControlServer;
let trust: ServerTrust;
let address: string;
let ca: string;

const silent: Terminal = {
  isLive: false,
  print: () => undefined,
  say: () => undefined,
  redraw: () => undefined,
};
const context = { clock: systemClock, say: (sentence: string): number => said.push(sentence) };

function write(name: string, text: string, mode = 0o600): string {
  const path = join(folder(), name);
  writeFileSync(path, text, { mode });
  return path;
}

/** Asks the coordinator with these flags; what it throws is the answer too. */
async function asked(flags: RemoteFlags, what: 'list' | 'pause' = 'list'): Promise<unknown> {
  const place = {
    ...remotePlace({ coordinator: address, ...flags }),
    workspace: folder(),
    clock: systemClock,
  };
  try {
    return await withControl<unknown>(place, (control) =>
      what === 'list' ? control.listRuns({ withProgress: false }) : control.pauseRun('r1', 'lunch'),
    );
  } catch (thrown) {
    return MajlisError.from(thrown);
  }
}

beforeAll(async () => {
  ledger = new MemoryLedger(systemClock);
  await ledger.createRun({
    ...{ id: 'r1', name: 'first', seed: 1, config: '{}', configHash: 'c', fingerprints: {} },
  });
  await ledger.beginEpoch('r1');
  await ledger.setRunState('r1', 'running');
  ca = write('ca.crt', ours.pem);
  const leaf = makeLeaf(ours, { commonName: 'coordinator', names: ['DNS:localhost', 'IP:127.0.0.1'] });
  const files = writeLeaf(folder(), 'server', leaf);
  write('amina.token', 'the token of amina, long');
  write('reader.token', 'the token of a reader, long');
  const tokens = write(
    'tokens.yaml',
    `tokens:
  - { name: amina, role: researcher, tokenFile: amina.token }
  - { name: dashboard, role: reader, tokenFile: reader.token }
`,
  );
  chmodSync(files.key, 0o644);
  trust = await openServerTrust({ tlsCert: files.certificate, tlsKey: files.key, tokens }, context);
  server = await serveRunControl({
    ledger,
    workspaceFolder: folder(),
    clock: systemClock,
    isAtWork: () => true,
    listener: { host: '127.0.0.1', port: 0, ...trust },
  });
  address = server.publicAddress ?? '';
});

afterAll(async () => {
  await server.close();
  trust.close();
  await ledger.close();
});

it('warns of a private key that others may read', () => {
  expect(said).toEqual([
    expect.stringMatching(/server\.key is a private key that other users may read \(mode 644\)/),
  ]);
});

describe('another machine', () => {
  const token = (name: string): RemoteFlags => ({ tokenFile: join(folder(), `${name}.token`), tlsCa: ca });

  it('may do what the role of its token may, and each change has a line in the audit log', async () => {
    expect(await asked(token('reader'))).toMatchObject([{ run: { id: 'r1' } }]);
    expect(await asked(token('reader'), 'pause')).toMatchObject({
      code: 'permission_denied',
      message:
        'dashboard is reader and may not call /majlis.v1.CoordinatorService/PauseRun; admin or researcher may',
    });
    expect(await asked(token('amina'), 'pause')).toMatchObject({ control: { event: { kind: 'pause' } } });
    expect(await asked(token('amina'), 'pause')).toMatchObject({ code: 'failed_precondition' });
    const { entries } = await readAudit(auditFile(folder()));
    const method = 'majlis.v1.CoordinatorService/PauseRun';
    expect(entries).toMatchObject([
      { name: 'dashboard', role: 'reader', method, outcome: 'permission_denied' },
      {
        ...{ name: 'amina', role: 'researcher', method, outcome: 'ok', run: 'r1' },
        arguments: { reason: 'lunch' },
        control: { sequence: 1, event: { kind: 'pause', reason: 'lunch' } },
      },
      { name: 'amina', method, run: 'r1', outcome: 'failed_precondition' },
    ]);
    expect(entries[1]?.peer).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('may swap a rubric and have one scored, by the id of a shipped one or the hash of one that is there', async () => {
    const config = '{"locale":"ar-EG"}';
    await ledger.createRun({
      ...{ id: 'r4', name: 'steered', seed: 1, config, configHash: 'c', fingerprints: {} },
    });
    const remote = remotePlace({ coordinator: address, ...token('amina') });
    // A workspace that has nothing: all is told by the coordinator.
    const place = {
      ...remote,
      workspace: join(folder(), 'nothing'),
      run: 'r4',
      clock: systemClock,
      terminal: silent,
    };
    const { json } = await swapRubric(place, { rubric: 'ar-egyptian', iteration: 3 });
    expect(json).toMatchObject({ run: 'r4', event: { kind: 'swap_rubric', iteration: 3 } });
    await expect(shadowRubric(place, { rubric: rubricPath('ar-msa') })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/no rubric [0-9a-f]{64}; allowed: a rubric that was stored there/),
    });
    await expect(swapRubric(place, { rubric: 'ar-egyptian', dryRun: true })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('--dry-run'),
    });
  });

  it('may watch a run to its end', async () => {
    await ledger.createRun({
      ...{ id: 'r3', name: 'short', seed: 1, config: '{}', configHash: 'c', fingerprints: {} },
    });
    await ledger.setRunState('r3', 'cancelled', 'no use');
    const printed: string[] = [];
    const terminal = { ...silent, print: (text: string): number => printed.push(text) };
    const { signal } = new AbortController();
    const remote = remotePlace({ coordinator: address, ...token('reader') });
    const request = { ...remote, workspace: folder(), run: 'r3', after: 0, asJson: true };
    const { json } = await watchRun(request, { terminal, clock: systemClock, signal });
    expect(json).toEqual({ run: 'r3', lastSequence: 2, state: 'cancelled' });
    expect(printed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { run: 'r3', kind: 'state_changed', state: 'queued' },
      { run: 'r3', reason: 'no use' },
    ]);
  });

  it('is told in one sentence why it is not let in', async () => {
    expect(await asked({ tlsCa: ca })).toMatchObject({
      code: 'unauthenticated',
      message: 'the call shows no token',
    });
    const guess = write('guess.token', 'a guess');
    expect(await asked({ tlsCa: ca, tokenFile: guess })).toMatchObject({ code: 'unauthenticated' });
    const { entries } = await readAudit(auditFile(folder()));
    expect(entries.slice(-2)).toMatchObject([{ outcome: 'unauthenticated' }, { outcome: 'unauthenticated' }]);
    expect(entries.at(-1)?.name).toBeUndefined();
  });

  it('is told in one sentence why there is no connection', async () => {
    const theirs = write('their-ca.crt', makeAuthority('another CA').pem);
    expect(await asked({ ...token('amina'), tlsCa: theirs })).toMatchObject({
      code: 'unavailable',
      message: `the certificate of ${address} is not of the CA in ${theirs}; next: put the CA that it comes from there`,
    });
    expect(await asked({ tokenFile: join(folder(), 'amina.token') })).toMatchObject({
      message: `${address} speaks TLS, and this call was in plaintext; next: give --tls-ca with the CA of its certificate`,
    });
    const plain = server.address;
    expect(await asked({ ...token('amina'), coordinator: plain })).toMatchObject({
      message: `${plain} does not speak TLS; next: leave out --tls-ca, or give the server a certificate`,
    });
    expect(await asked({ ...token('amina'), coordinator: '127.0.0.1:1' })).toMatchObject({
      code: 'unavailable',
      message: 'nobody answers at 127.0.0.1:1 (ECONNREFUSED); next: name the HOST:PORT where it listens',
    });
  });

  it.each([
    [
      'an expired certificate',
      { to: new Date(Date.now() - HOUR_MS) },
      /server2\.crt: found a certificate that expired on \d{4}-/,
    ],
    ['one of tomorrow', { from: new Date(Date.now() + HOUR_MS) }, /not valid before \d{4}-/],
  ])('is not served with %s', async (_what, dates, sentence) => {
    const leaf = makeLeaf(ours, { commonName: 'late', ...dates });
    const files = writeLeaf(folder(), 'server2', leaf);
    const opening = openServerTrust({ tlsCert: files.certificate, tlsKey: files.key }, context);
    await expect(opening).rejects.toThrow(sentence);
  });
});

it('refuses flags and files that do not belong together', async () => {
  const good = { tlsCert: join(folder(), 'server.crt'), tlsKey: join(folder(), 'server.key') };
  const other = writeLeaf(folder(), 'other', makeLeaf(ours, { commonName: 'other' }));
  const refused: [Parameters<typeof openServerTrust>[0], string][] = [
    [{ tlsCert: good.tlsCert }, '--tls-cert: found it alone; allowed: it together with --tls-key'],
    [{ tlsCa: ca }, 'it together with --tls-cert and --tls-key'],
    [{ ...good, tlsCa: ca }, 'it together with --tokens'],
    [{ ...good, tlsKey: other.key }, 'a private key that does not belong to the certificate'],
    [{ ...good, tlsKey: ca }, 'no private key that can be read'],
    [{ ...good, tlsCert: good.tlsKey }, 'no certificate'],
    [{ ...good, tlsCert: 'none.crt' }, 'none.crt: found no such file'],
  ];
  for (const [flags, sentence] of refused) {
    await expect(openServerTrust(flags, context)).rejects.toThrow(sentence);
  }
  expect(() => remotePlace({ tokenFile: 'x' })).toThrow('--token-file: found no --coordinator beside it');
});

describe('this machine', () => {
  it('is admin by the token in the workspace, under the name of its user', async () => {
    const control = await connectToProcess(folder(), systemClock);
    await control?.resumeRun('r1');
    await control?.close();
    const { entries } = await readAudit(auditFile(folder()));
    expect(entries.at(-1)).toMatchObject({ name: localUser(), role: 'admin', outcome: 'ok', run: 'r1' });
  });

  it('has a line for what it asks of the ledger file itself, too', async () => {
    const file = new MemoryLedger(systemClock);
    await file.createRun({
      ...{ id: 'r2', name: 'n', seed: 1, config: '{}', configHash: 'c', fingerprints: {} },
    });
    const log = new AuditLog(auditFile(folder()), systemClock);
    const place = { workspace: folder(), clock: systemClock };
    const control = new AuditedRunControl(new OfflineRunControl(file, place), log);
    await control.cancelRun('r2', 'no use');
    await expect(control.resumeRun('r2')).rejects.toMatchObject({ code: 'failed_precondition' });
    await control.close();
    const { json, text } = await showAudit({ workspace: folder(), run: 'r2' });
    expect(json).toMatchObject({
      entries: [
        { peer: 'local', method: 'majlis.v1.CoordinatorService/CancelRun', arguments: { reason: 'no use' } },
        { peer: 'local', method: 'majlis.v1.CoordinatorService/ResumeRun', outcome: 'failed_precondition' },
      ],
      damaged: [],
    });
    expect(text.split('\n')[1]).toMatch(/CancelRun +r2 +reason no use +ok/);
    expect((await showAudit({ workspace: folder(), refused: true })).text).not.toContain('CancelRun');
    expect((await showAudit({ workspace: folder(), name: 'nobody' })).text).toContain('Nothing of that kind');
  });
});

it('refuses to serve other machines without tokens and TLS', async () => {
  const open = serveRunControl({
    ...{ ledger, workspaceFolder: folder(), clock: systemClock, isAtWork: () => true },
    listener: { host: '0.0.0.0', port: 0, insecure: false },
  });
  await expect(open).rejects.toThrow('the coordinator may not listen on 0.0.0.0');
});

it('answers nobody where nobody serves', async () => {
  await expect(
    connectPlace({ workspace: folder(), clock: systemClock, remote: { coordinator: '127.0.0.1:1' } }),
  ).rejects.toMatchObject({ code: 'unavailable' });
});
