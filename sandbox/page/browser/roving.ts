/** Arrow keys walk from message to message; Enter goes into the one that has the focus, Escape comes out of it. */
export function walk(event: KeyboardEvent): void {
  const { currentTarget: list, target } = event;
  if (!(list instanceof HTMLElement) || !(target instanceof HTMLElement)) return;
  const messages = [...list.querySelectorAll<HTMLElement>('.message')];
  const here = target.closest<HTMLElement>('.message');
  const at = here === null ? -1 : messages.indexOf(here);
  if (target !== here) {
    if (event.key === 'Escape' && here !== null && !event.defaultPrevented) move(event, messages, here);
    return;
  }
  const steps: Record<string, number> = {
    ArrowUp: Math.max(0, at - 1),
    ArrowDown: Math.min(messages.length - 1, at + 1),
    Home: 0,
    End: messages.length - 1,
  };
  const to = messages[steps[event.key] ?? -1];
  if (to !== undefined) move(event, messages, to);
  if (event.key === 'Enter') {
    const first = here.querySelector<HTMLElement>(
      '.content :is(button, a[href], input, select), .replies, .file button, .text-button',
    );
    if (first === null) return;
    event.preventDefault();
    first.focus();
  }
}

/** One message at a time is a stop of the Tab key. */
function move(event: Event, messages: readonly HTMLElement[], to: HTMLElement): void {
  event.preventDefault();
  event.stopPropagation();
  for (const message of messages) message.tabIndex = message === to ? 0 : -1;
  to.focus();
}
