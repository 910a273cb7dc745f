import type { Problem } from "../api/problem";

/** What went wrong, the trace id that leads to the cause, and another try. */
export function ProblemPanel({ problem, retry }: { problem: Problem; retry?: () => unknown }) {
  return (
    <div class="panel problem" role="alert">
      <h2>{problem.title}</h2>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.uses.length > 0 && <Uses problem={problem} />}
      {problem.traceId && (
        <p class="quiet">
          Trace id <code>{problem.traceId}</code>
        </p>
      )}
      {retry && (
        <button type="button" onClick={() => void retry()}>
          Try again
        </button>
      )}
    </div>
  );
}

function Uses({ problem }: { problem: Problem }) {
  return (
    <ul>
      {problem.uses.map((use) => (
        <li key={`${use.kind}${use.id}${use.action_id}`}>
          {use.kind} {use.name}
        </li>
      ))}
    </ul>
  );
}
