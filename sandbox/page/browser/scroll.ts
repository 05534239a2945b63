import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** So near to the end that what comes next should be seen. */
const NEAR_PX = 48;

/**
 * A list that stays at its end when it is there and stays put when it is not. `where` names what it shows, `newest` its
 * last entry; one's own entry always brings the end into sight.
 */
export function useStickyScroll(where: string, newest: string, own: boolean) {
  const box = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const end = useRef(true);
  const seen = useRef(newest);
  const lastTop = useRef(0);
  if (end.current) seen.current = newest;

  const toEnd = useCallback(() => {
    const list = box.current;
    if (list === null) return;
    list.scrollTop = list.scrollHeight;
    end.current = true;
    setAtEnd(true);
  }, []);

  const onScroll = useCallback(() => {
    const list = box.current;
    if (list === null) return;
    // Only a person moves up. Further from the end without that, the list has grown and is about to follow.
    const near = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    end.current = near || (end.current && list.scrollTop >= lastTop.current);
    lastTop.current = list.scrollTop;
    setAtEnd(end.current);
  }, []);

  useLayoutEffect(() => {
    lastTop.current = 0;
    toEnd();
  }, [where, toEnd]);
  useLayoutEffect(() => {
    if (own) toEnd();
  }, [newest]);
  // Cards grow while they are drawn again, and pictures and the composer change the room there is.
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    const observer = new ResizeObserver(() => {
      if (end.current) list.scrollTop = list.scrollHeight;
    });
    observer.observe(list);
    for (const child of list.children) observer.observe(child);
    return () => observer.disconnect();
  }, [where]);

  return { box, atEnd, onScroll, toEnd, seenTs: seen.current };
}
