/** Clients speak to runs, which try again. Where nothing is tried again their words must not promise it. */
export function withoutRetry(message: string): string {
  return message
    .replace(/ It is (tried|looked at) again( in a while)?\./, '')
    .replace(' It is tried again; check', ' Check');
}
