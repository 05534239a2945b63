import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageState } from '../contract.ts';
import { share } from './share.ts';

const RETRY_MS = 2_000;

export type Live = {
  readonly state: PageState | null;
  /** Nothing shown may be current. */
  readonly lost: boolean;
};

/**
 * The workspace as a person sees it, kept current. While another person's view is on its way the last one stays, so that
 * nothing jumps. After a lost connection it tries again every two seconds.
 */
export function useLive(as: string): Live {
  const [live, setLive] = useState<Live>({ state: null, lost: false });
  const last = useRef<PageState | null>(null);

  useEffect(() => {
    let source: EventSource | null = null;
    let retry: ReturnType<typeof setTimeout> | undefined;

    const open = () => {
      source = new EventSource(`/api/live?as=${encodeURIComponent(as)}`);
      source.onmessage = ({ data }: MessageEvent<string>) => {
        const next: PageState = JSON.parse(data);
        last.current = last.current === null ? next : share(last.current, next);
        setLive({ state: last.current, lost: false });
      };
      source.onerror = () => {
        source?.close();
        setLive((before) => ({ ...before, lost: true }));
        clearTimeout(retry);
        retry = setTimeout(open, RETRY_MS);
      };
    };

    open();
    return () => {
      source?.close();
      clearTimeout(retry);
    };
  }, [as]);

  return live;
}
