import { useState } from "preact/hooks";
import type { Sort } from "./rows";

const NAME = "patchbay.connectors.sort";
const FIRST: Sort = { column: "name", isDescending: false };

/** The order of the overview, remembered in this browser. */
export function useSort(): [Sort, (sort: Sort) => void] {
  const [sort, setSort] = useState(remembered);
  const set = (next: Sort) => {
    localStorage.setItem(NAME, JSON.stringify(next));
    setSort(next);
  };
  return [sort, set];
}

function remembered(): Sort {
  try {
    return { ...FIRST, ...(JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Sort>) };
  } catch {
    return FIRST;
  }
}
