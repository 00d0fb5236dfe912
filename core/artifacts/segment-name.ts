const SEGMENT_NAME = /^\d{8}\.segment$/;

/** The file name of a segment by its number, from 1. */
export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.segment`;
}

export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}
