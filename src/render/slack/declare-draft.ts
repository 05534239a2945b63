import { Severity } from '../../domain/plan.ts';
import { clip } from '../escape.ts';

/** What was typed into the form, carried along while a near-duplicate is decided. */
export interface DeclareDraft {
  readonly system: string;
  readonly title: string;
  readonly severity: Severity;
  readonly impact: string | null;
  readonly occurredAt: string | null;
  readonly drill: boolean;
  /** The open incident it resembles. */
  readonly resembles: string;
}

/** Fits `private_metadata` (3,000 characters): the form's own limits are 120 and 500. */
export function encodeDraft(draft: DeclareDraft): string {
  return JSON.stringify({
    ...draft,
    title: clip(draft.title, 300),
    impact: draft.impact === null ? null : clip(draft.impact, 500),
  });
}

/** Null for anything that `encodeDraft` did not write. */
export function parseDraft(text: string): DeclareDraft | null {
  const value = parsed(text);
  if (typeof value !== 'object' || value === null) return null;
  const { system, title, severity, impact, occurredAt, drill, resembles } = { ...NOTHING, ...value };
  const known = Severity.options.find((each) => each === severity);
  if (
    typeof system !== 'string' ||
    typeof title !== 'string' ||
    known === undefined ||
    typeof resembles !== 'string'
  )
    return null;
  return {
    system,
    title,
    severity: known,
    impact: textOrNull(impact),
    occurredAt: textOrNull(occurredAt),
    drill: drill === true,
    resembles,
  };
}

const NOTHING: Record<keyof DeclareDraft, unknown> = {
  system: null,
  title: null,
  severity: null,
  impact: null,
  occurredAt: null,
  drill: null,
  resembles: null,
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
