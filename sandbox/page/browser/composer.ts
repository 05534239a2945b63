import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useDesk } from './desk.ts';
import { html } from './html.ts';
import { Icon } from './icons.ts';
import { suggestionsFor } from './suggestions.ts';

type ComposerProps = {
  readonly channel: string;
  readonly threadTs?: string;
  readonly placeholder: string;
  /** What the guide wants typed; a new object each time. */
  readonly typed?: { readonly text: string } | null;
  readonly focusOnOpen?: boolean;
};

/** Drafts outlive a change of the channel, and what was sent can be had again with the up arrow. */
const drafts = new Map<string, string>();
const sent: string[] = [];

export function Composer({
  channel,
  threadTs,
  placeholder,
  typed = null,
  focusOnOpen = false,
}: ComposerProps) {
  const { state, act, say } = useDesk();
  const place = `${channel} ${threadTs ?? ''}`;
  const [text, setText] = useState(drafts.get(place) ?? '');
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(-1);
  const [closed, setClosed] = useState(false);
  const [back, setBack] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const next = useRef<number | null>(null);
  const id = useId();

  const write = (value: string, at = value.length) => {
    drafts.set(place, value);
    setText(value);
    setCaret(at);
    setActive(-1);
    setClosed(false);
  };
  useLayoutEffect(() => {
    setText(drafts.get(place) ?? '');
    setBack(0);
    setActive(-1);
  }, [place]);
  useEffect(() => {
    if (focusOnOpen) field.current?.focus();
  }, [place, focusOnOpen]);
  useEffect(() => {
    if (typed === null) return;
    write(typed.text);
    field.current?.focus();
  }, [typed]);
  // The field grows with its text, up to a limit in the style sheet.
  useLayoutEffect(() => {
    const box = field.current;
    if (box === null) return;
    box.style.height = 'auto';
    box.style.height = `${box.scrollHeight}px`;
    if (next.current !== null) box.setSelectionRange(next.current, next.current);
    next.current = null;
  }, [text]);

  const known = {
    people: state.people.map(({ key, name, role }) => ({ handle: key, help: `${name} · ${role}` })),
    channels: state.channels
      .filter(({ kind }) => kind === 'channel')
      .map(({ name, topic }) => ({ handle: name, help: topic })),
  };
  const offered = closed ? [] : suggestionsFor(text, caret, known);
  const take = (index: number) => {
    const chosen = offered[index];
    if (chosen === undefined) return;
    next.current = chosen.caret;
    write(chosen.text, chosen.caret);
    field.current?.focus();
  };

  const send = async () => {
    const words = text;
    if (words.trim() === '') return;
    write('');
    setBack(0);
    sent.push(words);
    const answer = await act({
      do: 'send',
      channel,
      text: words,
      ...(threadTs === undefined ? {} : { threadTs }),
    });
    if (!answer.ok && (drafts.get(place) ?? '') === '') write(words);
    if (answer.ok && answer.said !== null) say(answer.said);
  };
  const recall = (step: number) => {
    const to = Math.min(sent.length, Math.max(0, back + step));
    setBack(to);
    write(to === 0 ? '' : (sent.at(-to) ?? ''));
    setClosed(true);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const history = text === '' || back > 0;
    if (event.key === 'Enter' && !event.shiftKey) {
      if (active >= 0) take(active);
      else send();
    } else if (
      event.key === 'Tab' &&
      !event.shiftKey &&
      offered.length > 0 &&
      offered[Math.max(0, active)]?.text !== text
    ) {
      take(Math.max(0, active));
    } else if (event.key === 'ArrowDown' && offered.length > 0) {
      setActive((active + 1) % offered.length);
    } else if (event.key === 'ArrowUp' && offered.length > 0) {
      setActive((active <= 0 ? offered.length : active) - 1);
    } else if (event.key === 'Escape' && offered.length > 0) {
      setClosed(true);
      event.stopPropagation();
    } else if (event.key === 'ArrowUp' && history && sent.length > 0) recall(1);
    else if (event.key === 'ArrowDown' && back > 0) recall(-1);
    else return;
    event.preventDefault();
  };

  return html`<div class="composer">
    <ul class="suggestions" id=${`${id}-list`} role="listbox" aria-label="Suggestions" hidden=${offered.length === 0}>
      ${offered.map(
        (each, index) => html`<li
          key=${each.key}
          id=${`${id}-${index}`}
          role="option"
          aria-selected=${index === active}
          onPointerDown=${(event: Event) => {
            event.preventDefault();
            take(index);
          }}
        >
          <strong>${each.title}</strong> <span>${each.help}</span>
        </li>`,
      )}
    </ul>
    <div class="composer-box">
      <textarea
        ref=${field}
        class="composer-field"
        rows="1"
        value=${text}
        placeholder=${placeholder}
        aria-label=${placeholder}
        aria-controls=${`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant=${active >= 0 ? `${id}-${active}` : undefined}
        onInput=${({ currentTarget }: { currentTarget: HTMLTextAreaElement }) => {
          write(currentTarget.value, currentTarget.selectionStart);
          setBack(0);
        }}
        onKeyDown=${onKeyDown}
      ></textarea>
      <button type="button" class=${`send ${text.trim() === '' ? '' : 'ready'}`} aria-label="Send" onClick=${send}>
        <${Icon} name="send" />
      </button>
    </div>
    <p class="composer-hint" aria-hidden="true">
      ${
        offered.length > 0
          ? html`<kbd>↑</kbd><kbd>↓</kbd> choose <kbd>Tab</kbd> complete <kbd>Enter</kbd> send`
          : html`<kbd>Enter</kbd> send <kbd>Shift Enter</kbd> new line`
      }
    </p>
  </div>`;
}
