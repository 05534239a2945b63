import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { toJson } from '../../src/domain/canonical.ts';
import { Plan } from '../../src/domain/plan.ts';

export const SYSTEMS = ['janua', 'santokit', 'auditron', 'veza'] as const;

const folder = new URL('../../plans/', import.meta.url);

/** The text of a plan that ships, with another pace of its watch. */
export async function planText(system: string, every: string): Promise<string> {
  const text = await readFile(new URL(`${system}.yml`, folder), 'utf8');
  const paced = text.replace(/^watch:\n(?: {2}every: .*\n)?/m, `watch:\n  every: ${every}\n`);
  if (!paced.includes(`\n  every: ${every}\n`)) throw new Error(`${system}.yml has no watch section.`);
  return paced;
}

export function parsePlan(text: string): Plan {
  return Plan.parse(toJson(parse(text)));
}

/** Connections that the plans name. Nothing of them is contacted but what is replaced. */
export async function connectionsExample(): Promise<Record<string, unknown>> {
  const text = await readFile(fileURLToPath(new URL('connections.example.yml', folder)), 'utf8');
  return parse(text);
}
