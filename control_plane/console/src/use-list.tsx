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
          <span class={`chip ${use.sends ? "good" : "muted"}`}>{use.sends ? "sends" : "does not send"}</span>
          {use.in_published && (!use.in_draft || use.unpublished_changes) && <span class="chip warn">{use.in_draft ? "unpublished changes" : "published only"}</span>}
          <p class="quiet">{use.why}</p>
        </li>
      ))}
    </ul>
  );
}
