import { hasEnded } from '../../../../core/domain/run-state.js';
import type { RunEvent } from '../../../../core/domain/run.js';
import { MajlisError } from '../../../../core/errors.js';
import type { RunControlClient } from '../../../control/run-control-client.js';
import { withControlOf, type ControlPlace } from '../../../control/with-control.js';
import { shadowSummaries } from '../../../pipeline/shadow-summary.js';
import type { CommandResult } from '../../session.js';
import { knownRubrics } from '../history/known-rubrics.js';
import { shadowStanding } from './shadow-standing.js';
import { shadowText } from './shadow-text.js';

/** What the run's last candidate has told so far: its figures, and the answers on which it differs most; also while the run is at work. */
export async function showShadow(place: ControlPlace & { readonly run: string }): Promise<CommandResult> {
  return withControlOf(place, async (control, run) => {
    const description = await control.describeRun(run);
    const standing = shadowStanding(description);
    if (standing === undefined) {
      throw new MajlisError(
        `run ${run} never had a shadow; "majlis rubric shadow ${run} RUBRIC" asks for one`,
        {
          code: 'failed_precondition',
        },
      );
    }
    const summaries = shadowSummaries(await eventsSoFar(control, run));
    const summary = summaries.find(({ rubricHash }) => rubricHash === standing.rubricHash);
    const candidate = (await knownRubrics(place.workspace)).get(standing.rubricHash);
    const name = summary?.rubricId ?? candidate?.id ?? 'a rubric whose content is not kept here';
    return {
      json: { run, rubricId: name, ...standing, ...summary },
      text: shadowText({ run, name, standing, summary, hasEnded: hasEnded(description.run.state) }),
    };
  });
}

async function eventsSoFar(control: RunControlClient, run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  const stop = new AbortController();
  for await (const item of control.watchRun(run, 0, stop.signal)) {
    // The first heartbeat stands where history ends.
    if (item.kind === 'heartbeat') break;
    events.push(item.event);
  }
  return events;
}
