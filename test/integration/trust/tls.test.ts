import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import {
  CoordinatorServiceClient,
  CoordinatorServiceService,
} from '../../../proto/gen/majlis/v1/coordinator.js';
import { explainConnection } from '../../../cli/trust/explain-connection.js';
import { MajlisError } from '../../../core/errors.js';
import { bearerMetadata } from '../../../core/rpc/bearer-token.js';
import { handleUnary } from '../../../core/rpc/handle-unary.js';
import { startRpcServer } from '../../../core/rpc/server.js';
import type { RpcServer } from '../../../core/rpc/server.js';
import { fromGrpcStatus } from '../../../core/rpc/status.js';
import { channelTrust } from '../../../core/rpc/tls-credentials.js';
import { systemClock } from '../../../core/runtime/clock.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import type { CertificatePaths } from '../../../core/trust/read-certificates.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';

const EVERY_MS = 20;

const folder = mkdtempSync(join(tmpdir(), 'majlis-tls-'));
const ours = makeAuthority('our CA');
const theirs = makeAuthority('another CA');
const local = ['DNS:localhost', 'IP:127.0.0.1'];

const caFile = write('ca.crt', ours.pem);
const serverFiles = writeLeaf(folder, 'server', makeLeaf(ours, { commonName: 'coordinator', names: local }));
const scaler = writeLeaf(folder, 'scaler', makeLeaf(ours, { commonName: 'keda' }));
const stranger = writeLeaf(folder, 'stranger', makeLeaf(theirs, { commonName: 'keda' }));

let server: RpcServer;
let rotated: () => void = () => undefined;
let refusals: () => void = () => undefined;

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function open(paths: CertificatePaths): Promise<CertificateFiles> {
  return CertificateFiles.open(paths, {
    clock: systemClock,
    everyMs: EVERY_MS,
    onRotated: () => rotated(),
    onRefused: () => refusals(),
  });
}

/** How ListRuns ends over a connection of its own: 'ok', or the refusal. */
async function asked(paths: CertificatePaths, metadata = new Metadata(), to = server): Promise<unknown> {
  const trust = channelTrust(to.address, await open(paths));
  const client = new CoordinatorServiceClient(to.address, trust.credentials, {
    ...trust.options,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
  });
  return new Promise((resolve) => {
    client.listRuns({ withProgress: false }, metadata, (error: ServiceError | null) => {
      client.close();
      resolve(error === null ? 'ok' : fromGrpcStatus(error));
    });
  });
}

function start(paths: CertificatePaths, port = 0): Promise<RpcServer> {
  const implementation = { listRuns: handleUnary(async () => ({ runs: [] })) };
  return open(paths).then((tls) =>
    startRpcServer({
      services: [{ definition: CoordinatorServiceService, implementation }],
      tls,
      port,
      authorize: authorizeBy(() => ({
        tokens: [{ name: 'amina', role: 'researcher', sha256: digestOf('a token of amina') }],
        certificates: [{ name: 'scaler', role: 'reader', subject: 'keda' }],
      })),
      graceMs: 50,
    }),
  );
}

beforeAll(async () => {
  server = await start({ ...serverFiles, ca: caFile });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

describe('a server with a CA for its clients', () => {
  it('takes the name in a certificate of that CA for who calls', async () => {
    expect(await asked({ ca: caFile, ...scaler })).toBe('ok');
  });

  it('takes a token before the certificate, and refuses a wrong one', async () => {
    expect(await asked({ ca: caFile, ...scaler }, bearerMetadata('a token of amina'))).toBe('ok');
    const refusal = await asked({ ca: caFile, ...scaler }, bearerMetadata('a guess'));
    expect(refusal).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('token') });
  });

  it.each<[string, CertificatePaths, string]>([
    ['no certificate', { ca: caFile }, 'asks for a client certificate; next: give --tls-cert and --tls-key'],
    [
      'a certificate of another CA',
      { ca: caFile, ...stranger },
      `does not accept the certificate in ${stranger.certificate}; next: one of the CA`,
    ],
    ['a CA of its own', { ca: write('their-ca.crt', theirs.pem), ...scaler }, 'is not of the CA in'],
  ])('is not to be reached with %s, which a sentence explains', async (_what, paths, sentence) => {
    const failure = await asked(paths);
    expect(failure).toMatchObject({ code: 'unavailable' });
    const { address } = server;
    const why = explainConnection(MajlisError.from(failure), {
      address,
      tls: await open(paths),
      files: paths,
    });
    expect((await why).message).toContain(sentence);
  });

  it.each([
    ['has expired', { names: local, to: new Date(Date.now() - 60_000) }],
    ['is for other names', { names: ['DNS:elsewhere.example'] }],
  ])('whose certificate %s is not believed', async (sentence, leaf) => {
    const { certificate, key } = makeLeaf(ours, { commonName: 'bad', ...leaf });
    const bad = createSecureServer({ cert: certificate, key });
    await new Promise<void>((resolve) => bad.listen(0, '127.0.0.1', resolve));
    const { port } = bad.address() as AddressInfo;
    const tls = await open({ ca: caFile });
    const failure = new MajlisError('no connection', { code: 'unavailable' });
    const why = explainConnection(failure, { address: `127.0.0.1:${port}`, tls, files: { ca: caFile } });
    expect((await why).message).toContain(sentence);
    await new Promise((resolve) => bad.close(resolve));
  });
});

describe('certificates that change while they are in use', () => {
  it('are taken up by the server and by clients without a restart, and half a rotation is not', async () => {
    const next = makeAuthority('the next CA');
    const paths = { ca: write('rotating-ca.crt', ours.pem) };
    const files = writeLeaf(folder, 'rotating', makeLeaf(ours, { commonName: 'first', names: local }));
    const refused = new Promise<void>((resolve) => {
      refusals = resolve;
    });
    const rotating = await start(files);
    try {
      expect(await asked(paths, bearerMetadata('a token of amina'), rotating)).toBe('ok');

      const leaf = makeLeaf(next, { commonName: 'second', names: local });
      const taken = new Promise<void>((resolve) => {
        rotated = resolve;
      });
      writeFileSync(files.certificate, leaf.certificate);
      await refused;
      expect(await asked(paths, bearerMetadata('a token of amina'), rotating)).toBe('ok');

      writeFileSync(files.key, leaf.key);
      await taken;
      expect(await asked(paths, bearerMetadata('a token of amina'), rotating)).toMatchObject({
        code: 'unavailable',
      });
      write('rotating-ca.crt', next.pem);
      expect(await asked(paths, bearerMetadata('a token of amina'), rotating)).toBe('ok');
    } finally {
      await rotating.close();
    }
  });

  it('are taken up by a client that stays', async () => {
    const next = makeAuthority('the next CA');
    const kept = write('kept-ca.crt', ours.pem);
    const clientFiles = await open({ ca: kept });
    const first = await start(writeLeaf(folder, 'kept', makeLeaf(ours, { commonName: 'c', names: local })));
    const trust = channelTrust(first.address, clientFiles);
    const client = new CoordinatorServiceClient(first.address, trust.credentials, {
      ...trust.options,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_http_proxy': 0,
      'grpc.initial_reconnect_backoff_ms': 20,
      'grpc.max_reconnect_backoff_ms': 50,
    });
    const ask = (): Promise<string> =>
      new Promise((resolve) => {
        const metadata = bearerMetadata('a token of amina');
        metadata.setOptions({ waitForReady: true });
        client.listRuns({ withProgress: false }, metadata, (error) => resolve(error?.details ?? 'ok'));
      });
    expect(await ask()).toBe('ok');
    await first.close();
    const taken = new Promise<void>((resolve) => {
      rotated = resolve;
    });
    write('kept-ca.crt', next.pem);
    const leaf = makeLeaf(next, { commonName: 'c', names: local });
    const second = await start(writeLeaf(folder, 'kept', leaf), first.port);
    const answer = ask();
    await taken;
    expect(await answer).toBe('ok');
    client.close();
    await second.close();
  });
});

it('a server that is known by its address alone has that in its certificate, and TLS is told no address as its name', async () => {
  const heard: string[] = [];
  const hear = ({ name, message }: Error): number => heard.push(`${name} ${message}`);
  process.on('warning', hear);
  const endings: unknown[] = [];
  try {
    for (const ip of ['IP:127.0.0.1', 'IP:127.0.0.2']) {
      const leaf = makeLeaf(ours, { commonName: 'c', names: ['DNS:localhost', ip] });
      const one = await start(writeLeaf(folder, 'by-address', leaf));
      endings.push(await asked({ ca: caFile }, bearerMetadata('a token of amina'), one));
      await one.close();
    }
    expect(endings).toEqual(['ok', expect.any(MajlisError)]);
    expect(heard).toEqual([]);
  } finally {
    process.off('warning', hear);
  }
});
