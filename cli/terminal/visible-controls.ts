/**
 * C0 and C1 controls but line feed and tab, DEL, and the characters that steer bidirectional text (Unicode property
 * Bidi_Control). In a terminal they can hide, reorder or overwrite what is shown; models may write them.
 */
const CONTROLS = /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu;

/** Text for people: controls are shown as `[U+001B]`. */
export function visibleControls(text: string): string {
  return text.replace(CONTROLS, (control) => `[U+${codePoint(control).toUpperCase()}]`);
}

/** JSON of the same value: controls that JSON allows within strings are written as `\u202e`. */
export function escapeControls(json: string): string {
  return json.replace(CONTROLS, (control) => `\\u${codePoint(control)}`);
}

function codePoint(control: string): string {
  return control.charCodeAt(0).toString(16).padStart(4, '0');
}
