/** Facts the demo insists on. Each is said once; the first that does not hold ends the demo with its words. */
export function insist(holds: boolean, what: string, found?: unknown): void {
  if (holds) return;
  throw new Error(
    `The demo expected: ${what}${found === undefined ? '' : `. Found: ${JSON.stringify(found)}`}`,
  );
}

/** Insists that a text says something, and shows the text when it does not. */
export function insistSays(text: string, part: string | RegExp, where: string): void {
  const says = typeof part === 'string' ? text.includes(part) : part.test(text);
  insist(says, `${where} to say ${String(part)}`, text.slice(0, 600));
}

/** Looks until there is something to see. */
export async function until<Value>(
  look: () => Promise<Value | undefined | false>,
  what: string,
  timeoutMs = 60_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`The demo waited ${timeoutMs / 1000} s for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
