import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { Action } from "../../api/types";
import { UseList } from "../../use-list";
import { Empty } from "../../ui/page";
import { Shown } from "../../ui/shown";

export function ActionUses({ action }: { action: Action }) {
  const uses = useQuery(`actions/${action.id}/uses`, () =>
    told(api.GET("/v1/actions/{action_id}/uses", { params: { path: { action_id: action.id } } })),
  );
  return (
    <Shown query={uses}>
      {(data) =>
        data.length === 0 ? (
          <Empty title="Nothing uses this action">
            <p>
              Attach it to an <a href="/sources/audiences">audience</a>, a <a href="/sources/journeys">journey</a> or an{" "}
              <a href="/sources/event-feeds">event feed</a>.
            </p>
          </Empty>
        ) : (
          <section class="panel">
            <UseList uses={data} />
          </section>
        )
      }
    </Shown>
  );
}
