import { BadInputError } from '../../core/errors.js';

/** Reads the URL of an HTTP server; anything else is a BadInputError that names the flag. */
export function httpUrl(flag: string): (text: string) => string {
  return (text) => {
    if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
    const allowed = 'a URL such as http://127.0.0.1:4318';
    throw new BadInputError({ source: flag, found: JSON.stringify(text), allowed });
  };
}
