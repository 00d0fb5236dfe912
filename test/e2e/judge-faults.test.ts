import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServerResponse } from 'node:http';
import { findRubric } from '../../cli/commands/rubric/find-rubric.js';
import { majlis, startMajlis } from '../integration/cli/majlis-process.js';
import { choosing, content, JudgeEndpoint, type JudgeCall } from '../support/judge-endpoint.js';
import { writeSmallRunFile } from '../support/small-run-file.js';
import { useTemporaryFolder } from '../support/temporary-folder.js';

jest.setTimeout(300_000);

const TIMEOUT_MS = 500;

/** Every way in which a call can fail; the last four are answered, with something that is no verdict. */
const FAULTS: readonly ((call: JudgeCall, response: ServerResponse) => void)[] = [
  (_call, response) => void response.writeHead(500).end(),
  (_call, response) => void response.writeHead(429, { 'retry-after': '0' }).end(),
  (_call, response) => void response.destroy(),
  () => undefined,
  content('Both answers are lovely, but the first one has more charm.'),
  content(''),
  content('الإجابة الأولى أفضل من الثانية'),
  (call, response) => content(`{"call_id":"${call.callId}","verd`)(call, response),
  content('{"call_id":"0000000000000000","verdict":"A"}'),
];

function draw(question: string): number {
  return parseInt(createHash('sha256').update(question).digest('hex').slice(0, 8), 16);
}

/** Verdicts by content alone, so that whoever asks in whatever order gets the same. */
function healthy(call: JudgeCall, response: ServerResponse): void {
  const verdicts = ['A', 'B', 'tie'] as const;
  choosing(verdicts[draw(call.question.replaceAll(call.callId, '')) % verdicts.length])(call, response);
}

/** The first try of every third question fails, each in its own way. */
function failingAThird(struck: Map<number, number>): JudgeEndpoint['reply'] {
  const tried = new Set<string>();
  return (call, response) => {
    const seed = draw(call.callId);
    const isFirst = !tried.has(call.callId);
    tried.add(call.callId);
    if (seed % 3 !== 0 || !isFirst) return healthy(call, response);
    const fault = Math.floor(seed / 3) % FAULTS.length;
    struck.set(fault, (struck.get(fault) ?? 0) + 1);
    FAULTS[fault](call, response);
  };
}

describe('a run whose judge fails', () => {
  const folder = useTemporaryFolder();
  let endpoint: JudgeEndpoint;

  beforeEach(async () => {
    endpoint = await JudgeEndpoint.start();
  });

  afterEach(async () => endpoint.stop());

  /** A run file in a folder of its own, whose one judge is asked that often about a question. */
  function runFile(name: string, attempts: number): string {
    const place = join(folder(), name);
    mkdirSync(place);
    const path = writeSmallRunFile(place, 'arabic');
    const text = readFileSync(path, 'utf8').replace(/pairsPerPrompt: 8/, 'pairsPerPrompt: 2');
    writeFileSync(path, `${text}judges: { gateway: gateway.yaml }\n`);
    writeFileSync(
      join(place, 'gateway.yaml'),
      `listen: { port: 0 }
budget: { currency: USD, perRun: 1 }
endpoints:
  main: { url: "${endpoint.url}", timeoutMs: ${TIMEOUT_MS}, breaker: { failures: 100 } }
judges:
  - id: model
    model: m
    retry: { attempts: ${attempts}, firstDelayMs: 5, longestDelayMs: 50 }
    routes: [{ endpoint: main, price: { promptPerMillion: 0, completionPerMillion: 0 } }]
`,
    );
    return path;
  }

  async function policyOf(workspace: string): Promise<string> {
    const { stdout } = await majlis(['runs', 'list', '--json', '--workspace', workspace]);
    const [{ id }] = JSON.parse(stdout) as [{ id: string }];
    const shown = await majlis(['runs', 'show', id, '--json', '--workspace', workspace]);
    const { policyVersions } = JSON.parse(shown.stdout) as { policyVersions: readonly { hash: string }[] };
    return policyVersions[policyVersions.length - 1].hash;
  }

  async function run(path: string): Promise<string> {
    const workspace = workspaceOf(path);
    const { status, stderr } = await majlis(['run', path, '--workspace', workspace]);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    return policyOf(workspace);
  }

  it('ends in the policy of a healthy judge, or of its record, when asking again helps, and else stands', async () => {
    endpoint.reply = healthy;
    const calm = runFile('calm', 6);
    const expected = await run(calm);
    const asked = endpoint.calls.length;
    expect(asked).toBeGreaterThan(150);

    // Its rubric's file may change: what a swap would ask anew is told from what is kept.
    const { hash } = await findRubric('ar-msa');
    expect(readdirSync(join(workspaceOf(calm), 'rubrics'))).toContain(`${hash}.json`);

    const again = runFile('again', 6);
    const [record] = readdirSync(join(workspaceOf(calm), 'runs')).flatMap((id) => {
      const folder = join(workspaceOf(calm), 'runs', id, 'verdicts');
      return readdirSync(folder).map((name) => join(folder, name));
    });
    const recorded = `judges: { recorded: [${JSON.stringify(record)}] }`;
    writeFileSync(again, readFileSync(again, 'utf8').replace(/^judges: .*$/m, recorded));
    expect(await run(again)).toBe(expected);
    expect(endpoint.calls).toHaveLength(asked);

    const struck = new Map<number, number>();
    endpoint.reply = failingAThird(struck);
    expect(await run(runFile('faulty', 6))).toBe(expected);
    expect([...struck.keys()].sort()).toEqual(FAULTS.map((_, at) => at));
    expect([...struck.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(asked / 4);

    endpoint.reply = failingAThird(new Map());
    const path = runFile('broken', 1);
    const broken = workspaceOf(path);
    const { finished } = startMajlis(['run', path, '--workspace', broken]);
    const standing = await pausedRun(broken);
    expect(standing.reason).toMatch(
      /^Judge model left \d+ of \d+ questions about rubric ar-msa without a verdict; allowed: \d+ \(judges.noVerdictShare 0.05\)/,
    );
    endpoint.reply = healthy;
    const { status } = await majlis(['resume', standing.id, '--workspace', broken]);
    expect(status).toBe(0);
    expect((await finished).status).toBe(0);
    expect(await policyOf(broken)).toBe(expected);
  });
});

function workspaceOf(runFile: string): string {
  return join(dirname(runFile), 'workspace');
}

interface Standing {
  readonly id: string;
  readonly reason: string;
}

const BETWEEN_LOOKS_MS = 300;

/** The run that a workspace has, once it stands; a run that never does is the test's time-out. */
async function pausedRun(workspace: string): Promise<Standing> {
  for (;;) {
    const { stdout, status } = await majlis(['runs', 'list', '--json', '--workspace', workspace]);
    const runs = status === 0 ? (JSON.parse(stdout) as readonly (Standing & { state: string })[]) : [];
    const found = runs.find(({ state }) => state === 'paused');
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
}
