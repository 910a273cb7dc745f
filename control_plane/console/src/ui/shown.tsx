import type { ComponentChildren } from "preact";
import type { Query } from "../api/query";
import { Loading } from "./loading";
import { ProblemPanel } from "./problem-panel";

interface Props<Data> {
  query: Query<Data>;
  rows?: number;
  children: (data: Data) => ComponentChildren;
}

/** The answer once it is there; bars until then; the problem, with another try, when there is none. */
export function Shown<Data>({ query, rows, children }: Props<Data>) {
  if (query.data !== undefined) {
    return (
      <>
        {query.problem && <Stale retry={query.refresh} />}
        {children(query.data)}
      </>
    );
  }
  if (query.problem) return <ProblemPanel problem={query.problem} retry={query.refresh} />;
  return <Loading rows={rows} />;
}

function Stale({ retry }: { retry: () => unknown }) {
  return (
    <p class="stale" role="status">
      Not up to date: the last reading failed.{" "}
      <button type="button" class="link" onClick={() => void retry()}>
        Try again
      </button>
    </p>
  );
}
