/**
 * Names the tables by which this process tells words, letters and normal forms apart. `Intl.Segmenter` cuts Japanese by
 * ICU's dictionary, so equal words of an answer need an equal ICU.
 */
export function unicodeVersion({ icu, unicode }: NodeJS.ProcessVersions = process.versions): string {
  return icu === undefined ? 'no ICU' : `ICU ${icu}, Unicode ${unicode ?? 'unknown'}`;
}
