import { useEffect, useState } from "preact/hooks";

export interface Store<Value> {
  get(): Value;
  set(value: Value): void;
  subscribe(listener: () => void): () => void;
}

/** A value outside the components that they can follow. */
export function store<Value>(initial: Value): Store<Value> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useStore<Value>(source: Store<Value>): Value {
  const [value, setValue] = useState(() => source.get());
  useEffect(() => {
    const follow = () => setValue(() => source.get());
    follow();
    return source.subscribe(follow);
  }, [source]);
  return value;
}
