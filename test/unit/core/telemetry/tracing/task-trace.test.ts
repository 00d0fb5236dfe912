import { contentHash } from '../../../../../core/runtime/content-hash.js';
import { taskTrace, taskTraceIds } from '../../../../../core/telemetry/tracing/task-trace.js';

describe('the trace of a task', () => {
  const id = contentHash({ run: 'r', iteration: 0, prompt: 'p', group: 0 });

  it('has the first digits of the task id as its id, so that a log line with one leads to the other', () => {
    expect(taskTraceIds(id)).toEqual({ traceId: id.slice(0, 32), spanId: id.slice(32, 48) });
  });

  it('is named by a traceparent of version 0 that is sampled', () => {
    expect(taskTrace(id)).toEqual({ traceparent: `00-${id.slice(0, 32)}-${id.slice(32, 48)}-01` });
  });

  it('has ids of the same form where a task is named otherwise', () => {
    // sha256("task-1"), by coreutils
    expect(taskTraceIds('task-1')).toEqual({
      traceId: '7afaa346b4bf92bf9dc21e9ae8098874',
      spanId: '12a86beb766842e9',
    });
  });
});
