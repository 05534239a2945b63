/** What "Start run" must know again after the preview: kept in the view, decided anew from the rows. */
export interface RunStart {
  readonly incident: string;
  readonly runbook: string;
  readonly mode: 'live' | 'drill';
  readonly inputs: Readonly<Record<string, string>>;
}

/** Slack's limit of `private_metadata`, in characters. */
const MAX = 3000;

export function encodeRunStart(start: RunStart): string {
  const text = JSON.stringify(start);
  if (text.length > MAX)
    throw new RangeError(
      `the inputs of ${start.runbook} are too long for one form: ${text.length} of ${MAX} characters`,
    );
  return text;
}

/** Null for anything that `encodeRunStart` did not write. */
export function parseRunStart(text: string): RunStart | null {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return null;
  const { incident, runbook, mode, inputs } = {
    incident: null,
    runbook: null,
    mode: null,
    inputs: null,
    ...value,
  } satisfies Record<keyof RunStart, unknown>;
  if (typeof incident !== 'string' || typeof runbook !== 'string' || !isMode(mode) || !isTexts(inputs))
    return null;
  return { incident, runbook, mode, inputs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isMode(value: unknown): value is RunStart['mode'] {
  return value === 'live' || value === 'drill';
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'string')
  );
}
