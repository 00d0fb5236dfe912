import { spawnSync } from 'node:child_process';
import { MajlisError } from '../../../../core/errors.js';
import { compiledModule } from '../../../../core/runtime/package-root.js';
import { createPinoLogger } from '../../../../core/telemetry/pino-logger.js';
import type { LogLevel } from '../../../../core/telemetry/pino-logger.js';
import { RecordingLogger } from '../../../../core/telemetry/recording-logger.js';

function recordLines(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { lines, logger: createPinoLogger({ level, stream }) };
}

describe('the pino logger', () => {
  it('writes one JSON object per line with level, time, message and fields', () => {
    const { lines, logger } = recordLines('info');
    logger.info('policy announced', { version: 3 });
    expect(lines).toEqual([
      { level: 'info', msg: 'policy announced', version: 3, time: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { lines, logger } = recordLines('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.map((line) => line['msg'])).toEqual(['c', 'd']);
  });

  it('gives a child the fields of its parents', () => {
    const { lines, logger } = recordLines('debug');
    logger.with({ run: 'r1' }).with({ worker: 2 }).debug('leased');
    expect(lines[0]).toMatchObject({ run: 'r1', worker: 2, msg: 'leased' });
  });

  it('writes an error with its code and its cause', () => {
    const { lines, logger } = recordLines('info');
    const cause = new Error('connection reset');
    logger.error('judge failed', { error: new MajlisError('no answer', { code: 'unavailable', cause }) });
    expect(lines[0]).toMatchObject({
      error: { code: 'unavailable', message: 'no answer', cause: { message: 'connection reset' } },
    });
  });

  it('writes the ids of the span that a line belongs to, and none outside of one', () => {
    const lines: string[] = [];
    let span: { traceId: string; spanId: string } | undefined = {
      traceId: 'a'.repeat(32),
      spanId: 'b'.repeat(16),
    };
    const stream = { write: (line: string) => lines.push(line) };
    const logger = createPinoLogger({ level: 'info', stream, span: () => span }).with({ run: 'r' });
    logger.info('within');
    span = undefined;
    logger.info('outside');
    const [within, outside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(within).toMatchObject({ run: 'r', trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
    expect(Object.keys(outside)).toEqual(['level', 'time', 'run', 'msg']);
  });

  it('survives an error that is its own cause', () => {
    const { lines, logger } = recordLines('info');
    const ring = new Error('round');
    ring.cause = ring;
    logger.error('failed', { error: ring });
    expect(lines[0]).toMatchObject({ error: { message: 'round' } });
  });

  it('leaves stdout to results: lines go to stderr, and are out before the process dies', () => {
    const module = JSON.stringify(compiledModule('core/telemetry/pino-logger'));
    const script = `require(${module}).createPinoLogger({level:'info'}).info('last words'); process.kill(process.pid,'SIGKILL')`;
    const child = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    expect(child.stdout).toBe('');
    expect(JSON.parse(child.stderr)).toMatchObject({ msg: 'last words' });
  });
});

describe('the recording logger', () => {
  it('keeps every line with the fields of its parents', () => {
    const logger = new RecordingLogger();
    logger.with({ run: 'r1' }).warn('queue is full', { queue: 'results' });
    expect(logger.lines).toEqual([
      { level: 'warn', message: 'queue is full', fields: { run: 'r1', queue: 'results' } },
    ]);
  });
});
