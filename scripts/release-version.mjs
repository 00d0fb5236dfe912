// Prints version=X.Y.Z for a tag vX.Y.Z. Package, chart and what the chart installs have to be of that version already, so
// that no release mixes two.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What is of another version than the tag, a sentence each. */
export function versionComplaints(tag, { npm, chart, trainer }) {
  const version = tag.replace(/^v/, '');
  if (!/^\d+\.\d+\.\d+$/.test(version) || version === tag) {
    return [`the tag ${tag} is no version; allowed: v1.2.3`];
  }
  const found = {
    'package.json': npm.version,
    'charts/majlis/Chart.yaml, version': chart.version,
    'charts/majlis/Chart.yaml, appVersion': chart.appVersion,
    'charts/images/trainer.Dockerfile, MAJLIS': /^ARG MAJLIS=\S+:(\S+)$/m.exec(trainer)?.[1],
  };
  return Object.entries(found)
    .filter(([, value]) => value !== version)
    .map(([place, value]) => `${place} says ${value}; the tag ${tag} needs ${version}`);
}

/** What releases are made of, as it stands here. */
export function releasedFiles() {
  const text = (path) => readFileSync(path, 'utf8');
  return {
    npm: JSON.parse(text('package.json')),
    chart: parse(text('charts/majlis/Chart.yaml')),
    trainer: text('charts/images/trainer.Dockerfile'),
  };
}

const [tag] = process.argv.slice(2);
if (tag !== undefined) {
  const complaints = versionComplaints(tag, releasedFiles());
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) process.exit(1);
  console.log(`version=${tag.slice(1)}`);
}
