import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ActionValue } from './desk.ts';

/** Where a control sits: in a message, a home tab or a dialog. Fields are named by their block: action ids may repeat. */
export type Host = {
  readonly read: (blockId: string) => ActionValue | undefined;
  readonly write: (blockId: string, value: ActionValue) => void;
  /** Tells the bot. Resolves when it has answered. */
  readonly dispatch: (actionId: string, value?: ActionValue) => Promise<unknown>;
  readonly errorOf: (blockId: string) => string | undefined;
};

const HostContext = createContext<Host | null>(null);
export const HostProvider = HostContext.Provider;

export function useHost(): Host {
  const host = useContext(HostContext);
  if (host === null) throw new Error('this control stands in no message, home tab or dialog');
  return host;
}
