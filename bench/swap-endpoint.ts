/**
 * A chat endpoint of the documented protocol as a process of its own: it answers by content, and counts its calls by the
 * criterion that they ask about. Its parent asks it for the counts, which begin anew then.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const VERDICTS = ['A', 'B', 'tie'] as const;
/** Each criterion of the benchmark's rubric is described by its number. */
const CRITERION = /Criterion number (\d+)/;

const calls: Record<string, number> = {};

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const callId = /call_id\\":\\"([^"\\]+)/.exec(body)?.[1] ?? '';
    const criterion = CRITERION.exec(body)?.[1] ?? 'none';
    calls[criterion] = (calls[criterion] ?? 0) + 1;
    const draw = createHash('sha256').update(callId).digest()[0];
    const content = JSON.stringify({ call_id: callId, verdict: VERDICTS[draw % VERDICTS.length] });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
        usage: { prompt_tokens: Math.ceil(body.length / 4), completion_tokens: 12 },
      }),
    );
  });
});

process.on('message', () => {
  process.send?.({ calls });
  for (const criterion of Object.keys(calls)) delete calls[criterion];
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
