import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

/** Who looks at a channel without being in it has no field to write in; an archived one has neither. */
const RESTS = ['.composer-field', '.foot-note button', 'nav button'];

/**
 * How to bring the focus back to where it is now. Where that is gone by then, as the button of a card that was redrawn, its
 * message gets it, or else the field to write in.
 */
export function wayBack(): () => void {
  const from = document.activeElement;
  const message = from?.closest('.message') ?? null;
  return () => {
    const places = [from, message, ...RESTS.map((each) => document.querySelector(each))];
    const place = places.find(
      (each) => each instanceof HTMLElement && each !== document.body && each.isConnected,
    );
    if (place instanceof HTMLElement) place.focus();
  };
}

/** A control that is taken away while it has the focus leaves it to nobody. This gives it to what is next to it. */
export function useKeptFocus(): void {
  const last = useRef<{ readonly control: EventTarget | null; readonly back: () => void } | null>(null);
  useEffect(() => {
    const onFocusIn = ({ target }: Event) => {
      last.current = { control: target, back: wayBack() };
    };
    document.addEventListener('focusin', onFocusIn);
    return () => document.removeEventListener('focusin', onFocusIn);
  }, []);
  const keep = () => {
    const { control, back } = last.current ?? {};
    const isGone = control instanceof Node && !control.isConnected;
    if (isGone && document.activeElement === document.body) back?.();
  };
  // At once, for whoever presses a key in this moment; and again, since what took the focus may be taken away in the same breath.
  useLayoutEffect(keep);
  useEffect(keep);
}
