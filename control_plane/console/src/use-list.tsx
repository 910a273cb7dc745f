import type { Use } from "./api/types";

export const SOURCE_PATHS = { audience: "audiences", journey: "journeys", feed: "event-feeds" } as const;

const KINDS = { audience: "Audience", journey: "Journey", feed: "Event feed" } as const;

/** Where something is used, each with a link, and which state of it holds it. */
export function UseList({ uses }: { uses: readonly Use[] }) {
  return (
    <ul class="uses">
      {uses.map((use) => (
        <li key={`${use.kind}/${use.id}/${use.action_id}`}>
          <span class="quiet">{KINDS[use.kind]}</span> <a href={`/sources/${SOURCE_PATHS[use.kind]}/${use.id}`}>{use.name}</a>{" "}
          <span title={use.why} class={`chip ${use.in_draft ? "muted" : "warn"}`}>{stateOf(use)}</span>
        </li>
      ))}
    </ul>
  );
}

function stateOf(use: Use): string {
  if (use.in_draft && use.in_published) return "draft and published";
  return use.in_draft ? "draft only" : "published only: sends until its draft is published";
}
