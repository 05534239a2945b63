import { registerHooks } from 'node:module';

// As opening.ts, and nothing is carried out after the acknowledgement.
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './commands.ts' && context.parentURL?.endsWith('/slack/routes.ts') === true
      ? { url: new URL('./no-commands.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
});
await import('./opening.ts');
