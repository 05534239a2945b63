import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Act, Answer, PageState, WorldAct } from '../contract.ts';
import type { Place } from './view.ts';

/** `Act` without who does it: the page adds the person it acts as. */
export type Doing = Act extends infer Each ? (Each extends Act ? Omit<Each, 'as'> : never) : never;
export type ActionValue = string | readonly string[] | null;

/** What every part of the page may know and do. */
export type Desk = {
  readonly state: PageState;
  readonly place: Place;
  readonly now: Date;
  readonly act: (doing: Doing) => Promise<Answer>;
  readonly world: (doing: WorldAct) => Promise<Answer>;
  readonly openChannel: (id: string, ts?: string) => void;
  readonly openThread: (ts: string | null) => void;
  /** Opens the address in the page when it names a message or channel of the workspace; false for any other. */
  readonly openUrl: (url: string) => boolean;
  readonly nameOf: (id: string) => string;
  /** One sentence that goes away by itself. */
  readonly say: (text: string, tone?: 'plain' | 'bad') => void;
};

const DeskContext = createContext<Desk | null>(null);
export const DeskProvider = DeskContext.Provider;

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error('this part of the page stands outside of its desk');
  return desk;
}
