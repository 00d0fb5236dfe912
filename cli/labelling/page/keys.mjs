const ACTS = new Map([
  ['Digit1', 'one'],
  ['Numpad1', 'one'],
  ['Digit2', 'two'],
  ['Numpad2', 'two'],
  ['Digit0', 'neither'],
  ['Numpad0', 'neither'],
  ['KeyU', 'undo'],
  ['Backspace', 'undo'],
]);

/**
 * What a key asks for: `one`, `two`, `neither`, `undo` or nothing. By the key's place on the keyboard, so that Arabic digits
 * and Korean input methods change nothing; arrows point at an answer as it lies on the page, in either direction of
 * writing. A held key says nothing: nobody judges that fast.
 */
export function askedBy(event, isRightToLeft) {
  if (event.repeat || event.altKey || isTyping(event)) return undefined;
  if (event.ctrlKey || event.metaKey) return event.code === 'KeyZ' && !event.shiftKey ? 'undo' : undefined;
  const [left, right] = isRightToLeft ? ['two', 'one'] : ['one', 'two'];
  if (event.code === 'ArrowLeft') return left;
  if (event.code === 'ArrowRight') return right;
  return ACTS.get(event.code);
}

function isTyping({ target }) {
  return target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable]');
}
