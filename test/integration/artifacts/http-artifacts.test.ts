import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FileArtifacts } from '../../../core/artifacts/file-artifacts.js';
import { HttpArtifacts } from '../../../core/artifacts/http/http-artifacts.js';
import type { HttpArtifactsOptions } from '../../../core/artifacts/http/http-artifacts.js';
import { PutQuota } from '../../../core/artifacts/http/put-quota.js';
import { serveArtifacts } from '../../../core/artifacts/http/serve-artifacts.js';
import type { ArtifactServer } from '../../../core/artifacts/http/serve-artifacts.js';
import { MemoryArtifacts } from '../../../core/artifacts/memory-artifacts.js';
import { systemClock } from '../../../core/runtime/clock.js';
import type { Caller } from '../../../core/trust/authorize.js';
import { authorizeBy, digestOf } from '../../../core/trust/authorize.js';
import { CertificateFiles } from '../../../core/trust/certificate-files.js';
import { makeAuthority, makeLeaf, writeLeaf } from '../../support/certificates.js';
import { flipBit } from '../../support/flip-bit.js';
import { until } from '../../support/until.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Waits that are written down and not waited for. */
let waits: number[] = [];
const clock = { ...systemClock, sleep: async (milliseconds: number) => void waits.push(milliseconds) };
const clients: HttpArtifacts[] = [];

function connect(url: string, more: Partial<HttpArtifactsOptions> = {}): HttpArtifacts {
  const client = new HttpArtifacts({ url, clock, ...more });
  clients.push(client);
  return client;
}

beforeEach(() => {
  waits = [];
});

afterAll(() => {
  for (const client of clients) client.close();
});

describe('an artifact server', () => {
  const folder = useLastingFolder();
  const text = 'some weights';
  const key = sha256(text);
  let server: ArtifactServer;
  const failures: string[] = [];

  beforeAll(async () => {
    const store = new FileArtifacts(join(folder(), 'objects'));
    await store.put(Buffer.from(text));
    server = await serveArtifacts({
      store,
      mostBytes: 100_000,
      quota: new PutQuota(100_000, systemClock),
      onFailure: ({ message }) => failures.push(message),
      authorize: authorizeBy(() => ({
        tokens: [
          { name: 'a reader', role: 'reader', sha256: digestOf('reader') },
          { name: 'pod-1', role: 'worker', sha256: digestOf('worker') },
          { name: 'greedy', role: 'worker', sha256: digestOf('greedy') },
        ],
        certificates: [],
      })),
    });
  });

  afterAll(() => server.close());

  const as = (token: string): HttpArtifacts => connect(server.url, { token });

  interface Reply {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
  ): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const options = { method, headers: { authorization: 'Bearer worker', ...headers } };
      request(server.url + path, options, (response) => {
        let read = '';
        response.on('data', (chunk: Buffer) => (read += chunk.toString()));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body: read }),
        );
      })
        .on('error', reject)
        .end(body);
    });
  }

  it('is on loopback unless told', () => {
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });

  it('takes no more of a worker than its quota, nor a body of unknown length, before a byte of it is read', async () => {
    const greedy = { authorization: 'Bearer greedy' };
    const path = `/v1/artifacts/${key}`;
    const body = '.'.repeat(60_000);
    // Under the name of other bytes: nothing is stored, and it counts.
    expect(await ask('PUT', path, greedy, body)).toMatchObject({ status: 412 });
    const second = await ask('PUT', path, greedy, body);
    expect([second.status, JSON.parse(second.body)]).toMatchObject([429, { code: 'resource_exhausted' }]);
    const chunked = await ask('PUT', path, { ...greedy, 'transfer-encoding': 'chunked' });
    expect([chunked.status, JSON.parse(chunked.body)]).toMatchObject([411, { code: 'invalid_argument' }]);
  });

  it('gives a part of an artifact, with its hash as the tag', async () => {
    const { status, headers, body } = await ask('GET', `/v1/artifacts/${key}`, { range: 'bytes=5-8' });
    expect([status, body]).toEqual([206, 'weig']);
    expect(headers).toMatchObject({
      etag: `"${key}"`,
      'content-range': 'bytes 5-8/12',
      'content-length': '4',
      'accept-ranges': 'bytes',
    });
  });

  it.each([
    ['another tag is wanted', { range: 'bytes=5-8', 'if-range': '"other"' }],
    ['there are two ranges', { range: 'bytes=0-1,4-5' }],
  ])('gives all of it where %s', async (_name, headers) => {
    expect(await ask('GET', `/v1/artifacts/${key}`, headers)).toMatchObject({ status: 200, body: text });
  });

  it('says in the head alone whether it has an artifact, and not that it is empty', async () => {
    const { status, headers } = await ask('HEAD', `/v1/artifacts/${key}`);
    expect(status).toBe(200);
    expect(headers.etag).toBe(`"${key}"`);
    expect(headers['content-length']).toBeUndefined();
    expect((await ask('HEAD', `/v1/artifacts/${sha256('absent')}`)).status).toBe(404);
  });

  const at = `/v1/artifacts/${key}`;
  it.each([
    {
      what: 'an unknown key',
      path: `/v1/artifacts/${sha256('x')}`,
      status: 404,
      code: 'not_found',
      detail: `artifact ${sha256('x')} is not here`,
    },
    {
      what: 'a path as key',
      path: '/v1/artifacts/..%2f..%2fx',
      status: 400,
      code: 'invalid_argument',
      detail: '64 lower-case',
    },
    {
      what: 'another path',
      path: '/etc/passwd',
      status: 404,
      code: 'not_found',
      detail: 'only /v1/artifacts/',
    },
    {
      what: 'another method',
      method: 'DELETE',
      path: at,
      status: 404,
      code: 'not_found',
      detail: 'only /v1/artifacts/',
    },
    {
      what: 'a range behind the end',
      path: at,
      headers: { range: 'bytes=12-' },
      status: 416,
      code: 'out_of_range',
      detail: 'has 12 bytes',
    },
    {
      what: 'a tag that it has not',
      path: at,
      headers: { 'if-match': '"x"' },
      status: 412,
      code: 'failed_precondition',
      detail: key,
    },
    {
      what: 'a wrong token',
      path: at,
      headers: { authorization: 'Bearer wrong' },
      status: 401,
      code: 'unauthenticated',
      detail: 'none that is known',
    },
    {
      what: 'the wrong role',
      method: 'PUT',
      path: at,
      headers: { authorization: 'Bearer reader' },
      status: 403,
      code: 'permission_denied',
      detail: 'may not call artifacts/put',
    },
    {
      what: 'a body of another hash',
      method: 'PUT',
      path: at,
      status: 412,
      code: 'data_loss',
      detail: sha256(''),
    },
  ])(
    'answers $what with a problem document',
    async ({ method = 'GET', path, headers = {}, status, code, detail }) => {
      const reply = await ask(method, path, headers);
      expect(reply.headers['content-type']).toContain('application/problem+json');
      expect(reply.status).toBe(status);
      const problem = { type: 'about:blank', status, code, detail: expect.stringContaining(detail) };
      expect(JSON.parse(reply.body)).toMatchObject(problem);
      expect(reply.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
      expect(reply.headers['content-range']).toBe(status === 416 ? 'bytes */12' : undefined);
    },
  );

  it('refuses a body that is too long by its announced length, before it comes', async () => {
    const five = { 'content-length': '5000000000' };
    const status = await new Promise((resolve, reject) => {
      const put = request(`${server.url}/v1/artifacts/${key}`, {
        method: 'PUT',
        headers: { authorization: 'Bearer worker', 'content-type': 'application/octet-stream', ...five },
      });
      put.on('response', (response) => {
        resolve(response.statusCode);
        put.destroy();
      });
      put.on('error', reject);
      put.write('x');
    });
    expect(status).toBe(413);
  });

  it('tells clients what they may not do, once and for all', async () => {
    await expect(as('nobody').get(key)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: `artifact ${key} at ${server.url}: the server: the token is none that is known here`,
    });
    await expect(as('nobody').has(key)).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(as('reader').put(Buffer.from('x'))).rejects.toMatchObject({ code: 'permission_denied' });
    expect(Buffer.from(await as('worker').get(key)).toString()).toBe(text);
    await expect(as('worker').put(randomBytes(200_000))).rejects.toMatchObject({ code: 'out_of_range' });
    expect(waits).toEqual([]);
  });

  it('says that an artifact is damaged, and tells its operator', async () => {
    const damaged = await as('worker').put(Buffer.from('damaged soon'));
    flipBit(join(folder(), 'objects', damaged.slice(0, 2), damaged), 0);
    await expect(as('worker').get(damaged)).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringContaining(`artifact ${damaged} is damaged`),
    });
    expect(failures).toEqual([expect.stringContaining(damaged)]);
  });

  it('knows workers by their certificates, and asks for one', async () => {
    const authority = makeAuthority('a CA');
    const ca = join(folder(), 'ca.pem');
    writeFileSync(ca, authority.pem);
    const open = (name: string) => {
      const leaf = makeLeaf(authority, { commonName: name, names: ['IP:127.0.0.1'] });
      return CertificateFiles.open({ ca, ...writeLeaf(folder(), name, leaf) }, { clock });
    };
    const certificates = [{ name: 'pod-2', role: 'worker' as const, subject: 'worker-2' }];
    const authorize = authorizeBy(() => ({ tokens: [], certificates }));
    const secure = await serveArtifacts({
      store: new MemoryArtifacts(),
      tls: await open('server'),
      authorize,
    });
    const [known, unknown] = [await open('worker-2'), await open('worker-3')];
    const sent = await connect(secure.url, { tls: known }).put(Buffer.from(text));
    expect(sent).toBe(key);
    expect(Buffer.from(await connect(secure.url, { tls: known }).get(key)).toString()).toBe(text);
    await expect(connect(secure.url, { tls: unknown }).get(key)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('its certificate (worker-3) is none that is known here'),
    });
    await expect(connect(secure.url).get(key)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('the connection is not trusted'),
    });
    await secure.close();
  });

  it('listens on no public address without saying who may call', async () => {
    const open = serveArtifacts({ store: new MemoryArtifacts(), host: '0.0.0.0' });
    await expect(open).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining('the artifact server may not listen on 0.0.0.0'),
    });
  });

  it('refuses a port that is taken', async () => {
    const second = serveArtifacts({
      store: new FileArtifacts(folder()),
      port: server.port,
    });
    await expect(second).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
  });
});

describe('an artifact server with room for one artifact', () => {
  const large = randomBytes(20_000_000);
  const asked: string[] = [];
  const store = new MemoryArtifacts();
  let server: ArtifactServer;

  beforeAll(async () => {
    await store.put(large);
    const watched = {
      put: (bytes: Uint8Array) => store.put(bytes),
      has: (key: string) => store.has(key),
      get: (key: string) => {
        asked.push('read');
        return store.get(key);
      },
    };
    const authorize = (_header: string | undefined, method: string): Caller => {
      asked.push(method);
      return { name: 'pod-1', role: 'worker' };
    };
    server = await serveArtifacts({ store: watched, authorize, mostAtOnce: 1 });
  });

  beforeEach(() => {
    asked.length = 0;
  });

  afterAll(() => server.close());

  it('lets the next reader in when one that stands still is gone', async () => {
    const still = request(`${server.url}/v1/artifacts/${sha256(large)}`)
      .on('error', () => undefined)
      .end();
    await once(still, 'response');
    const small = await store.put(Buffer.from('small'));
    const next = connect(server.url).get(small);
    await until('it was asked', () => asked.length === 3);
    expect(asked).toEqual(['artifacts/get', 'read', 'artifacts/get']);
    still.destroy();
    expect(Buffer.from(await next).toString()).toBe('small');
    expect(asked.at(-1)).toBe('read');
  });

  it('reads while it waits for one who puts, and takes the next when that one is gone', async () => {
    const still = request(`${server.url}/v1/artifacts/${sha256('never')}`, {
      method: 'PUT',
      headers: { 'content-length': 5, 'content-type': 'application/octet-stream' },
    });
    still.on('error', () => undefined);
    still.write('nev');
    await until('it was asked', () => asked.length === 1);
    const next = connect(server.url).put(Buffer.from('next'));
    await until('it was asked', () => asked.length === 2);
    expect(await connect(server.url).get(sha256(large))).toHaveLength(large.length);
    expect(await store.has(sha256('next'))).toBe(false);
    still.destroy();
    expect(await next).toBe(sha256('next'));
  });
});

describe('a client of artifacts', () => {
  const bytes = randomBytes(300_000);
  const key = sha256(bytes);
  let server: Server;
  let url: string;
  let answer: RequestListener;
  let seen: { readonly range: string | undefined; readonly port: number | undefined }[];

  beforeAll(async () => {
    server = createServer((incoming, response) => {
      seen.push({ range: incoming.headers.range, port: incoming.socket.remotePort });
      answer(incoming, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    seen = [];
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Answers ranges as it should, but cuts every answer after so many bytes. */
  const cutAfter =
    (most: number): RequestListener =>
    (incoming, response) => {
      const first = Number(/bytes=(\d+)-/.exec(incoming.headers.range ?? '')?.[1] ?? 0);
      const rest = bytes.subarray(first);
      const range =
        first === 0 ? {} : { 'content-range': `bytes ${first}-${bytes.length - 1}/${bytes.length}` };
      response.writeHead(first === 0 ? 200 : 206, { 'content-length': rest.length, ...range });
      if (rest.length <= most) response.end(rest);
      else response.write(rest.subarray(0, most), () => setImmediate(() => response.destroy()));
    };

  it('goes on where an answer was cut', async () => {
    answer = cutAfter(100_001);
    expect(Buffer.from(await connect(url).get(key)).equals(bytes)).toBe(true);
    expect(seen[0]?.range).toBeUndefined();
    expect(seen.slice(1).map(({ range }) => range)).toEqual(['bytes=100001-', 'bytes=200002-']);
    expect(waits).toEqual([200, 400]);
  });

  it('begins anew where a server knows no ranges', async () => {
    let first = true;
    answer = (_incoming, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      if (!first) response.end(bytes);
      else response.write(bytes.subarray(0, 1000), () => setImmediate(() => response.destroy()));
      first = false;
    };
    expect(Buffer.from(await connect(url).get(key)).equals(bytes)).toBe(true);
    expect(seen).toHaveLength(2);
  });

  it('begins anew where the answer goes on elsewhere than asked', async () => {
    let count = 0;
    const cut = cutAfter(1000);
    answer = (incoming, response) => {
      count += 1;
      if (count === 1) cut(incoming, response);
      else if (count === 2) response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end('wrong');
      else response.end(bytes);
    };
    expect(Buffer.from(await connect(url).get(key)).equals(bytes)).toBe(true);
    expect(seen.map(({ range }) => range)).toEqual([undefined, 'bytes=1000-', undefined]);
  });

  it('gives up after six attempts, in one sentence', async () => {
    answer = (_incoming, response) => response.destroy();
    await expect(connect(url).get(key)).rejects.toMatchObject({
      code: 'unavailable',
      message: `artifact ${key} at ${url}: the connection failed (ECONNRESET)`,
    });
    expect(waits).toEqual([200, 400, 800, 1600, 3200]);
  });

  it('tries again where a proxy has nobody behind it', async () => {
    answer = (_incoming, response) => {
      if (seen.length < 3) response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>no</h1>');
      else response.end(bytes);
    };
    expect(await connect(url).get(key)).toHaveLength(bytes.length);
    expect(waits).toEqual([200, 400]);
    // One connection was enough for three requests.
    expect(new Set(seen.map(({ port }) => port)).size).toBe(1);
  });

  it('refuses 5 GB by the announced length, and endless bytes once they are too many', async () => {
    answer = (_incoming, response) => void response.writeHead(200, { 'content-length': 5e9 }).write('x');
    await expect(connect(url).get(key)).rejects.toMatchObject({
      code: 'out_of_range',
      message: expect.stringContaining(
        'the answer has 5000000000 bytes, and an artifact has at most 67108864',
      ),
    });
    answer = (_incoming, response) => void response.write(bytes);
    await expect(connect(url, { mostBytes: 1000 }).get(key)).rejects.toMatchObject({
      code: 'out_of_range',
      message: expect.stringContaining('more than 1000'),
    });
    expect(seen).toHaveLength(2);
  });

  it('is data_loss where other bytes came', async () => {
    answer = (_incoming, response) => response.end('other bytes');
    await expect(connect(url).get(key)).rejects.toMatchObject({
      code: 'data_loss',
      message: `artifact ${key} is damaged: ${url} holds other bytes`,
    });
  });

  it('does not follow a redirect, and shows nobody else its token', async () => {
    answer = (_incoming, response) => response.writeHead(302, { location: `${url}/elsewhere` }).end();
    await expect(connect(url, { token: 'secret' }).get(key)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('302 Found'),
    });
    expect(seen).toHaveLength(1);
  });

  it('gives up an answer that stands still', async () => {
    answer = (_incoming, response) => void response.writeHead(200, { 'content-length': 10 }).write('x');
    await expect(connect(url, { idleMs: 20, attempts: 2 }).get(key)).rejects.toMatchObject({
      code: expect.stringMatching(/unavailable|deadline_exceeded/),
    });
    expect(waits).toEqual([200]);
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    answer = () => stop.abort();
    await expect(connect(url).get(key, stop.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(1);
  });

  it('says that nobody listens', async () => {
    const client = connect('http://127.0.0.1:1', { attempts: 1 });
    await expect(client.get(key)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('http://127.0.0.1:1: the connection failed (ECONNREFUSED)'),
    });
  });
});
