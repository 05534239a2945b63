import { actions, type Button, section, sections, type View, view } from './blocks.ts';
import type { Carried } from './ids.ts';

/** Views that hold no form. */

/** Opened before anything is looked up, so that the three seconds of a click are never missed. */
export function renderLoading(title: string, what = 'Reading plans and open incidents.'): View {
  return view('notice', title, { close: 'Cancel' }, section(`${what} This usually takes under 2 s.`));
}

/** The loading view after some seconds: the way out is a typed command. */
export function renderSlowLoading(title: string, command: string): View {
  return view(
    'notice',
    title,
    { close: 'Cancel' },
    section(`Still reading. The database answers slowly. You can also type: ${command}`),
  );
}

/** A few lines and perhaps a button: what was recorded, or why something was refused. Lines are already escaped. */
export function renderNotice(
  title: string,
  lines: readonly string[],
  buttons: readonly (Button | null)[] = [],
  carried: Carried = {},
): View {
  return view('notice', title, { carried }, ...sections(...lines), actions(...buttons));
}
