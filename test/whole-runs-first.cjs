const { relative, sep } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Folders of test/, the one with the longest files first. */
const ORDER = ['charts', 'chaos', 'e2e', 'integration', 'contract', 'unit'];

/**
 * Starts files that hold whole runs before the many that take milliseconds. On a fresh checkout Jest knows no times, and a
 * file of a minute that is started last keeps one core busy while the others have nothing left.
 */
module.exports = class WholeRunsFirst extends Sequencer {
  sort(tests) {
    const place = ({ path, context }) => ORDER.indexOf(relative(context.config.rootDir, path).split(sep)[1]);
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
};
