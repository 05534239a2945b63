import type { Act, Answer, WorldAct } from '../contract.ts';

/** Tells the sandbox what a person does. A lost connection is an answer too. */
export function sendAct(act: Act): Promise<Answer> {
  return post('/api/act', act);
}

export function sendWorldAct(act: WorldAct): Promise<Answer> {
  return post('/api/world', act);
}

async function post(path: string, body: Act | WorldAct): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return toAnswer(await response.json(), response.status);
  } catch {
    return {
      ok: false,
      error: 'The sandbox did not answer, so nothing may have happened. Is it still running?',
    };
  }
}

function toAnswer(body: unknown, status: number): Answer {
  if (typeof body === 'object' && body !== null && 'ok' in body) {
    if (body.ok === true)
      return { ok: true, said: 'said' in body && typeof body.said === 'string' ? body.said : null };
    if ('error' in body && typeof body.error === 'string') return { ok: false, error: body.error };
  }
  return { ok: false, error: `The sandbox answered ${status} without a reason.` };
}
