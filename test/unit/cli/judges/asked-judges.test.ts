import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAskedJudges, type AskedJudges } from '../../../../cli/judges/asked-judges.js';
import { compileJudges, type JudgesChoice } from '../../../../core/config/judges-options.js';
import { systemClock } from '../../../../core/runtime/clock.js';
import { verdictLine } from '../../../../reward/judge/recorded-verdicts.js';
import { verdictOf } from '../../../../reward/judge/verdict-of.js';
import { choosing, JudgeEndpoint } from '../../../support/judge-endpoint.js';
import { emptyRubric, pairOf, probabilityIn, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const PAIR = pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب');
const REQUEST = { pair: PAIR, rubric: emptyRubric, order: 'first_shown_first' } as const;
const PAIRS = new Set([PAIR.id]);

describe('the judges that a run asks', () => {
  const folder = useTemporaryFolder();
  let endpoint: JudgeEndpoint;

  beforeEach(async () => {
    endpoint = await JudgeEndpoint.start();
    endpoint.reply = choosing('A');
  });

  afterEach(async () => endpoint.stop());

  function open(judges: JudgesChoice, more: { readonly url?: string } = {}): Promise<AskedJudges> {
    const workspace = join(folder(), 'workspace');
    mkdirSync(workspace, { recursive: true });
    return openAskedJudges({
      ...{ judges: compileJudges(judges), runFile: join(folder(), 'run.yaml'), workspace },
      ...{ run: 'run', clock: systemClock },
      ...(more.url === undefined ? {} : { endpoint: { url: more.url, model: 'org/Model-1', apiKey: 'key' } }),
    });
  }

  function gateway(): string {
    const route = '{ endpoint: main, price: { promptPerMillion: 0, completionPerMillion: 0 } }';
    writeFileSync(
      join(folder(), 'gateway.yaml'),
      `listen: { port: 0 }
budget: { currency: USD }
endpoints: { main: { url: "${endpoint.url}" } }
judges:
  - { id: one, model: m, routes: [${route}] }
  - { id: two, model: m, language: locale, routes: [${route}] }
`,
    );
    return 'gateway.yaml';
  }

  async function ids(asked: AskedJudges): Promise<string[]> {
    return (await asked.among(PAIRS)).map(({ id }) => id);
  }

  it('are none unless somebody is named', async () => {
    expect(await ids(await open({}))).toEqual([]);
  });

  it('are asked once for a question, by an endpoint of the command line too', async () => {
    for (const expected of [1, 1]) {
      const asked = await open({}, { url: endpoint.url });
      const [judge] = await asked.among(PAIRS);
      expect(judge.id).toBe('openai-org-Model-1');
      expect(probabilityIn(await judge.judge(REQUEST))).toBeCloseTo(0.9);
      expect(endpoint.calls).toHaveLength(expected);
      expect(endpoint.calls[0].headers.authorization).toBe('Bearer key');
      await asked.close();
    }
  });

  it('are those of a gateway, or some of them', async () => {
    const file = gateway();
    const all = await open({ gateway: file });
    expect(await ids(all)).toEqual(['one', 'two']);
    await all.close();
    const some = await open({ gateway: file, only: ['two'] });
    expect(await ids(some)).toEqual(['two']);
    await some.close();
    await expect(open({ gateway: file, only: ['three'] })).rejects.toThrow(
      /judges\.only: found "three"; allowed: judges of .*gateway\.yaml: one, two$/,
    );
  });

  it('are not both of a gateway and of the command line', async () => {
    await expect(open({ gateway: gateway() }, { url: endpoint.url })).rejects.toThrow('one of the two');
  });

  it('say again what a record says that they said', async () => {
    const verdict = verdictOf('gpt', REQUEST, { kind: 'scored', score: { probabilityFirst: 0.7 } });
    writeFileSync(join(folder(), 'verdicts.jsonl'), verdictLine(verdict));
    const asked = await open({ recorded: ['verdicts.jsonl'] });
    const [judge] = await asked.among(PAIRS);
    expect([judge.id, judge.kind]).toEqual(['gpt', 'recorded']);
    expect(probabilityIn(await judge.judge(REQUEST))).toBe(0.7);
    await expect(open({ recorded: ['nowhere.jsonl'] })).rejects.toThrow('nowhere.jsonl');
  });

  it('are refused before any work where a person contradicts himself', async () => {
    const label = { pair: PAIR.id, rubric: 'empty', annotator: 'Amal', shown: 'first_shown_first' };
    const lines = ['first', 'second'].map((choice) =>
      JSON.stringify({ ...label, choice, at: '2026-11-22T08:00:00Z' }),
    );
    writeFileSync(join(folder(), 'contradiction.jsonl'), lines.join('\n'));
    await expect(open({ labels: ['contradiction.jsonl'] })).rejects.toThrow(
      /contradiction\.jsonl at label 2: found Amal contradicting himself on pair .*: second after first/,
    );
  });

  it('are one judge a person, who may not contradict himself in another file either', async () => {
    const label = { pair: PAIR.id, rubric: 'empty', annotator: 'Amal', at: '2026-11-22T08:00:00Z' };
    const write = (name: string, more: object): void =>
      writeFileSync(join(folder(), name), `${JSON.stringify({ ...label, ...more })}\n`);
    write('monday.jsonl', { choice: 'first', shown: 'first_shown_first' });
    write('tuesday.jsonl', { choice: 'second', shown: 'second_shown_first' });
    const asked = await open({ labels: ['monday.jsonl', 'tuesday.jsonl'] });
    const judges = await asked.among(PAIRS);
    expect(judges.map(({ id }) => id)).toEqual(['human-Amal']);
    expect(probabilityIn(await judges[0].judge(REQUEST))).toBeCloseTo(0.9);
    const turned = await judges[0].judge({ ...REQUEST, order: 'second_shown_first' });
    expect(probabilityIn(turned)).toBeCloseTo(0.1);
    write('tuesday.jsonl', { choice: 'second', shown: 'first_shown_first' });
    await expect(open({ labels: ['monday.jsonl', 'tuesday.jsonl'] })).rejects.toThrow(
      /monday\.jsonl, .*tuesday\.jsonl.*found Amal contradicting himself/,
    );
  });

  it('are people by their labels, who know only pairs that there are', async () => {
    const label = { pair: PAIR.id, rubric: 'empty', annotator: 'Amal', choice: 'second' };
    const at = '2026-01-01T00:00:00Z';
    const line = JSON.stringify({ ...label, shown: 'first_shown_first', at });
    writeFileSync(join(folder(), 'labels.jsonl'), `${line}\n`);
    const asked = await open({ labels: ['labels.jsonl'] });
    const [judge] = await asked.among(PAIRS);
    expect([judge.id, judge.kind]).toEqual(['human-Amal', 'human']);
    expect(probabilityIn(await judge.judge(REQUEST))).toBeCloseTo(0.1);
    await expect(asked.among(new Set(['another']))).rejects.toThrow('unknown pair');
  });
});
