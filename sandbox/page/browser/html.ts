import htm from 'htm';
import { type ComponentChildren, h } from 'preact';

/** Markup as tagged templates: no build step, no JSX. */
export const html = htm.bind(h);

export type Children = ComponentChildren;
