import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import type { Json } from './types.ts';

const Fields = z.record(z.string(), z.unknown());

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** The arguments of a call, sent as a form or as JSON. What is neither is no arguments at all. */
export async function fieldsOf(request: IncomingMessage, body: Buffer): Promise<Json> {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return jsonFields(body.toString());
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    return Object.fromEntries(form);
  }
  return Object.fromEntries(new URLSearchParams(body.toString()));
}

export function jsonFields(body: string): Json {
  try {
    const parsed = Fields.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}

/** The bytes of an upload, whether posted raw or as the one file of a multipart form. */
export async function uploadedBytes(request: IncomingMessage, body: Buffer): Promise<Buffer> {
  if (!(request.headers['content-type'] ?? '').startsWith('multipart/form-data')) return body;
  for (const value of Object.values(await fieldsOf(request, body))) {
    if (value instanceof Blob) return Buffer.from(await value.arrayBuffer());
  }
  return Buffer.alloc(0);
}
