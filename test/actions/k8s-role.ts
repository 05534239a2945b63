import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const Role = z.object({
  kind: z.literal('Role'),
  metadata: z.object({ namespace: z.string() }),
  rules: z.array(
    z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      resourceNames: z.array(z.string()).optional(),
      verbs: z.array(z.string()),
    }),
  ),
});

export const BOT = 'system:serviceaccount:dr-bot:dr-bot';

/** The rules of deploy/kubernetes/role.yaml, each with its namespace. */
export async function rulesInRole() {
  const text = await readFile(new URL('../../deploy/kubernetes/role.yaml', import.meta.url), 'utf8');
  return parseAllDocuments(text)
    .map((document) => Role.safeParse(document.toJS()).data)
    .filter((role) => role !== undefined)
    .flatMap(({ metadata, rules }) =>
      rules.map(({ resourceNames, ...rule }) => ({
        ...rule,
        ...(resourceNames !== undefined && { resourceNames }),
        namespaces: [metadata.namespace],
      })),
    );
}
