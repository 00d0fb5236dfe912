import { appendFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AnswerPair } from '../../../core/domain/preference.js';
import { startLabelRig, type LabelRig } from '../../support/label-rig.js';
import { emptyRubric } from '../../support/reward-fixtures.js';
import { useTemporaryFolder } from '../../support/temporary-folder.js';

type Json = Record<string, unknown>;

const folder = useTemporaryFolder();
const PAIRS: AnswerPair[] = Array.from({ length: 5 }, (_, at) => ({
  id: `p${at}`,
  prompt: { id: `p${at}`, locale: 'ar-EG', text: `سؤال ${at}` },
  first: `first of p${at}`,
  second: `second of p${at}`,
}));
let rig: LabelRig;

beforeEach(async () => {
  rig = await startLabelRig({ folder: folder(), pairs: PAIRS });
});
afterEach(async () => {
  await rig.server.close();
});

async function get(path: string): Promise<Response> {
  return fetch(new URL(path, rig.server.url));
}

async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(path, rig.server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** As fetch cannot: with any Host. */
async function getAs(host: string): Promise<number | undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request(rig.server.url, { headers: { host } }, resolve).on('error', reject).end();
  });
  await text(response);
  return response.statusCode;
}

describe('the labelling server', () => {
  it('serves a page that may load and send nothing elsewhere', async () => {
    const response = await get('');
    const html = await response.text();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect(html).not.toMatch(/<script(?![^>]*src=)|\son\w+=|style=|https?:/);
    for (const [, file] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      expect((await get(file)).status).toBe(200);
    }
  });

  it.each([
    'page.css',
    'page.mjs',
    'view.mjs',
    'keys.mjs',
    'elements.mjs',
    'desk-client.mjs',
    'agreement-view.mjs',
  ])('sends %s with a type that browsers run, and with nothing from outside in it', async (file) => {
    const response = await get(file);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).not.toMatch(/https?:|@import|innerHTML|eval\(/);
  });

  it('answers nothing without its token, not even that a file is there', async () => {
    const { origin } = new URL(rig.server.url);
    for (const path of [
      '/',
      '/wrong/',
      '/wrong/api/page',
      '/a-token-for-test/',
      '/a-token-for-tests0/page.css',
    ]) {
      const response = await fetch(`${origin}${path}`);
      expect([path, response.status, await response.json()]).toEqual([
        path,
        404,
        { error: 'There is nothing at this address.', code: 'not_found' },
      ]);
    }
  });

  it('serves no other file', async () => {
    for (const path of ['../package.json', '%2e%2e/label-server.ts', 'messages/ar.json', 'label-desk.js']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  it('refuses another host name and another origin, so that no site can speak to it', async () => {
    const { host } = new URL(rig.server.url);
    expect(await getAs(host)).toBe(200);
    expect(await getAs('evil.example')).toBe(403);
    expect(await getAs(host.replace('127.0.0.1', 'localhost'))).toBe(403);
    const answer = { annotator: 'Amal', step: 0, pick: 'one' };
    expect((await post('api/answers', answer, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await post('api/answers', answer, { 'content-type': 'text/plain' })).status).toBe(415);
    expect(rig.labels()).toEqual([]);
    expect((await post('api/answers', answer, { origin: `http://${host}` })).status).toBe(200);
  });

  it('has an answer on disk before it says so', async () => {
    const response = await post('api/answers', { annotator: ' أمل ', step: 0, pick: 'neither' });
    expect(rig.labels()).toMatchObject([{ annotator: 'أمل', choice: 'tie', rubric: 'rubric-a' }]);
    expect(await response.json()).toMatchObject({ annotator: 'أمل', done: 1, total: 6 });
  });

  it('never sends what would end the blindness', async () => {
    const sent = (await (await get('api/state?annotator=Amal')).json()) as { showing: Json };
    expect(Object.keys(sent.showing).sort()).toEqual(['answers', 'direction', 'locale', 'prompt', 'step']);
    expect(sent.showing.direction).toBe('rtl');
  });

  it('keeps several annotators apart, and tells how they agree', async () => {
    for (const annotator of ['Amal', 'Bassem']) {
      for (let step = 0; step < 6; step += 1) await post('api/answers', { annotator, step, pick: 'neither' });
    }
    const agreement = (await (await get('api/agreement')).json()) as Json;
    expect(agreement.annotators).toEqual([
      { name: 'Amal', pairs: 5, consistency: { same: 1, of: 1 } },
      { name: 'Bassem', pairs: 5, consistency: { same: 1, of: 1 } },
    ]);
    expect(agreement.twos).toEqual([{ annotators: ['Amal', 'Bassem'], raw: { same: 5, of: 5 } }]);
    expect(((await (await get('api/page')).json()) as Json).annotators).toEqual(['Amal', 'Bassem']);
  });

  it.each([
    ['no JSON', '{', 400],
    ['a side that is none', { annotator: 'Amal', step: 0, pick: 'left' }, 400],
    ['no name', { annotator: ' ', step: 0, pick: 'one' }, 400],
    ['a key too many', { annotator: 'Amal', step: 0, pick: 'one', choice: 'first' }, 400],
    ['a showing that is not planned', { annotator: 'Amal', step: 6, pick: 'one' }, 404],
    ['a body of a megabyte', { annotator: 'x'.repeat(2 ** 20), step: 0, pick: 'one' }, 413],
  ])('refuses %s in one sentence, and records nothing', async (_, body, status) => {
    const response = await post('api/answers', body);
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error.length).toBeGreaterThan(10);
    expect(rig.labels()).toEqual([]);
    expect(rig.failures).toEqual([]);
  });

  it('answers 409 to a page that is behind', async () => {
    await post('api/answers', { annotator: 'Amal', step: 0, pick: 'one' });
    const other = await post('api/answers', { annotator: 'Amal', step: 0, pick: 'two' });
    expect([other.status, ((await other.json()) as Json).code]).toEqual([409, 'aborted']);
    const undo = await post('api/undo', { annotator: 'Amal', done: 3 });
    expect([undo.status, ((await undo.json()) as Json).code]).toEqual([409, 'aborted']);
    expect(rig.labels()).toHaveLength(1);
  });

  it('does not say saved where the file was changed under it', async () => {
    appendFileSync(join(folder(), 'labels.jsonl'), '\n');
    const response = await post('api/answers', { annotator: 'Amal', step: 0, pick: 'one' });
    expect(response.status).toBe(409);
    expect(((await response.json()) as Json).error).toMatch(/changed by something else/);
    expect(((await (await get('api/state?annotator=Amal')).json()) as Json).done).toBe(0);
  });

  it('says that its port is taken', async () => {
    const { port } = new URL(rig.server.url);
    const { startLabelServer } = await import('../../../cli/labelling/label-server.js');
    const { desk } = rig;
    await expect(
      startLabelServer({
        desk,
        rubric: emptyRubric,
        token: 't',
        port: Number(port),
        onFailure: () => undefined,
      }),
    ).rejects.toThrow(`Port ${port} of 127.0.0.1 cannot be used`);
  });
});
