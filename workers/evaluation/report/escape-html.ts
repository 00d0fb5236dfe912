const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe inside an HTML element or a quoted attribute; bidi controls are shown, not obeyed. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
    .replace(
      /[\u202a-\u202e\u2066-\u2069]/g,
      (control) => `[U+${control.charCodeAt(0).toString(16).toUpperCase()}]`,
    );
}

/** A paragraph of foreign text in its own direction, isolated from what stands around it. */
export function localeText(text: string, locale: string): string {
  return `<bdi lang="${escapeHtml(locale)}" dir="auto">${escapeHtml(text)}</bdi>`;
}
