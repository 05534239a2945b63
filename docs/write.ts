import { writeFile } from 'node:fs/promises';
import { actionsPage, planSchema } from './reference.ts';

/** `npm run docs`: writes the pages that are made from the code. A test compares them with it. */
const here = (path: string) => new URL(path, import.meta.url);
await writeFile(here('actions.md'), actionsPage());
await writeFile(here('../plans/plan.schema.json'), planSchema());
