import { NatsNames, runOfSubject, subjectOfRun } from '../../../../../core/bus/nats/nats-names.js';
import { coordinatorSubjects, workerSubjects } from '../../../../../core/bus/nats/permitted-subjects.js';
import { rolloutQueueNames } from '../../../../../core/bus/subjects.js';

describe('the names on a NATS server', () => {
  const tasks = new NatsNames('prod').queue(rolloutQueueNames('gpu').tasks);

  it('tell release, kind, pool and run', () => {
    expect(tasks).toEqual({
      stream: 'majlis_prod_tasks_gpu',
      subjects: 'majlis.prod.tasks.gpu.*',
      deadStream: 'majlis_prod_dead_tasks_gpu',
      deadSubjects: 'majlis.prod.dead.tasks.gpu.*',
      pullSubject: '$JS.API.CONSUMER.MSG.NEXT.majlis_prod_tasks_gpu.readers',
    });
    expect(subjectOfRun(tasks.subjects, 'run-1')).toBe('majlis.prod.tasks.gpu.run-1');
  });

  it.each(['run-1', 'a.b', 'a b*>', 'بحث', '50%', '%41'])('bring the run "%s" back as it was', (run) => {
    const subject = subjectOfRun(tasks.subjects, run);
    expect(subject).toMatch(/^majlis\.prod\.tasks\.gpu\.[^. *>]+$/);
    expect(runOfSubject(subject)).toBe(run);
  });

  it('refuse a run without a name', () => {
    expect(() => subjectOfRun(tasks.subjects, '')).toThrow('found ""');
  });
});

describe('the subjects of a role', () => {
  it('give a worker no way to make streams, issue tasks or read results', () => {
    const { publish, subscribe } = workerSubjects('prod', 'gpu');
    expect(subscribe).toEqual(['_INBOX_prod_worker_gpu.>']);
    expect(publish).toEqual([
      '$JS.API.CONSUMER.INFO.majlis_prod_tasks_gpu.readers',
      '$JS.API.CONSUMER.MSG.NEXT.majlis_prod_tasks_gpu.readers',
      '$JS.ACK.majlis_prod_tasks_gpu.readers.>',
      '$JS.ACK.*.*.majlis_prod_tasks_gpu.readers.>',
      'majlis.prod.dead.tasks.gpu.*',
      'majlis.prod.results.gpu.*',
      '$JS.API.STREAM.INFO.majlis_prod_results_gpu',
    ]);
  });

  it('have an inbox each', () => {
    const roles = [coordinatorSubjects('prod'), workerSubjects('prod', 'gpu'), workerSubjects('prod', 'cpu')];
    expect(new Set(roles.map(({ inboxPrefix }) => inboxPrefix)).size).toBe(3);
  });
});
