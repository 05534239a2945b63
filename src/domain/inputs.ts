import type { Input, Runbook } from './plan.ts';
import { type Refusal, refuse } from './refusal.ts';
import { hasSymbols } from './template.ts';

/**
 * What people typed for a runbook's inputs, checked and completed by defaults. Times become ISO text in UTC; `02:05`
 * stays as it is and means the last such minute before now, which the action reads.
 */
export function readInputs(
  runbook: Runbook,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | Refusal {
  const unknown = Object.entries(given).find(([name]) => !Object.hasOwn(runbook.inputs, name));
  if (unknown !== undefined) {
    return refuse('input-invalid', {
      input: unknown[0],
      got: unknown[1],
      expected: `one of ${Object.keys(runbook.inputs).join(', ') || 'no inputs'}`,
    });
  }
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(runbook.inputs)) {
    const value = given[name]?.trim() || input.default || '';
    const fault = inputFault(input, value);
    if (fault !== null) return refuse('input-invalid', { input: name, got: value, expected: fault });
    inputs[name] = value;
  }
  return inputs;
}

function inputFault(input: Input, value: string): string | null {
  if (value === '') return input.required ? 'a value' : null;
  // A plan's own way to refer to steps: typed by a person it would stay unfilled, and be refused inside an open gate.
  if (hasSymbols(value)) return 'a value without "${…}"';
  switch (input.type) {
    case 'text':
      return value.length <= 500 ? null : 'at most 500 characters';
    case 'time':
      return /^([01]\d|2[0-3]):[0-5]\d$/.test(value) || !Number.isNaN(Date.parse(value))
        ? null
        : 'a time like "02:05" (UTC) or "2026-11-21T02:05Z"';
    case 'choice': {
      const options = (input.options ?? []).map((option) => option.value);
      return options.includes(value) ? null : `one of ${options.join(', ')}`;
    }
  }
}
