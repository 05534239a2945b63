import { useCallback, useState } from 'preact/hooks';

/** A word that this tab keeps over a reload and forgets when it is closed. */
export function useRemembered(name: string, initial: string): readonly [string, (value: string) => void] {
  const [value, setValue] = useState(() => sessionStorage.getItem(name) ?? initial);
  const keep = useCallback(
    (next: string) => {
      sessionStorage.setItem(name, next);
      setValue(next);
    },
    [name],
  );
  return [value, keep];
}
