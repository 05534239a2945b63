import type { Json } from './types.ts';

/** Slack's way of saying no: HTTP 200 with `ok: false` and a code. */
export class ApiError extends Error {
  readonly code: string;
  readonly extra: Json;

  constructor(code: string, extra: Json = {}) {
    super(code);
    this.code = code;
    this.extra = extra;
  }
}

/** `invalid_arguments` and `invalid_blocks` carry the reasons in `response_metadata.messages`. */
export function invalid(code: string, messages: readonly string[]): ApiError {
  return new ApiError(code, { response_metadata: { messages } });
}
