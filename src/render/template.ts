import { Liquid } from 'liquidjs';
import { AppError, messageOf } from '../errors.ts';

/** No file is ever read: a template is the text it is given. Missing variables and filters are errors. */
const liquid = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  root: [],
  templates: {},
});

/** Fills a template of templates/. Values stand as they are given. Throws, naming the file, when it asks for what is not there. */
export function fillTemplate(name: string, template: string, fields: object): string {
  try {
    const filled = liquid.parseAndRenderSync(template, fields);
    return `${filled.replace(/\n{3,}/g, '\n\n').trim()}\n`;
  } catch (error) {
    throw new AppError(
      'config-invalid',
      `templates/${name}: ${messageOf(error)}. Nothing was written. Correct the template.`,
      { cause: error },
    );
  }
}
