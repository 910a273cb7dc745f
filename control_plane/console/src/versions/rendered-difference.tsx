/** What would be sent differently: the requests of the draft beside the published ones, for the same real events. */
import { api, told } from "../api/client";
import { useQuery } from "../api/query";
import type { RenderedDiff } from "../api/types";
import { DiffView } from "../editor/lazy";
import { pretty } from "../exchanges";
import { Shown } from "../ui/shown";
import { words } from "../ui/format";

type Side = NonNullable<RenderedDiff["actions"][number]["samples"][number]["draft"]> | null;

export function RenderedDifference({ connectorId }: { connectorId: string }) {
  const diff = useQuery(`connectors/${connectorId}/rendered-diff`, () =>
    told(api.GET("/v1/connectors/{connector_id}/diff/rendered", { params: { path: { connector_id: connectorId }, query: { limit: 3 } } })),
  );
  return (
    <details class="more-settings">
      <summary>What would be sent differently</summary>
      <Shown query={diff} rows={3}>
        {(data) => (data.differs ? <Actions diff={data} /> : <p class="quiet">Every sample gives the same requests.</p>)}
      </Shown>
    </details>
  );
}

function Actions({ diff }: { diff: RenderedDiff }) {
  return (
    <>
      {diff.are_examples && <p class="quiet">Shown on examples: no real event has come yet.</p>}
      {diff.actions
        .filter((action) => action.change !== "same")
        .map((action) => (
          <section key={action.action_id}>
            <h3>
              {action.name} <span class="chip info">{words(action.change)}</span>
            </h3>
            {action.samples
              .filter((sample) => sample.differs)
              .map((sample) => (
                <DiffView
                  key={sample.id}
                  before={textOf(sample.published)}
                  after={textOf(sample.draft)}
                  titles={[`Published, ${sample.id}`, `Draft, ${sample.id}`]}
                />
              ))}
          </section>
        ))}
    </>
  );
}

function textOf(side: Side): string {
  if (side?.request) {
    const { method, url, headers, body } = side.request;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    return [`${method} ${url}`, ...lines, "", pretty(body)].join("\n");
  }
  if (side?.problem) return `${side.problem.reason}: ${side.problem.detail}`;
  return side?.skipped ? `Nothing is sent: ${side.skipped}` : "";
}
