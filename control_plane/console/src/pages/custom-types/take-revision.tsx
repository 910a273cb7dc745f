/** A connector of a custom type goes on with its revision until somebody has it take another. */
import { useState } from "preact/hooks";
import { api, ifMatch, told } from "../../api/client";
import { invalidate } from "../../api/query";
import type { Connector } from "../../api/types";
import { useMay } from "../../ui/permission";
import { complain, say } from "../../ui/toasts";
import { revisionOf, useCustomTypes } from "./reading";

type Revised = Pick<Connector, "id" | "name" | "row_version">;

export function TakeRevision({ connector, revision }: { connector: Revised; revision: number }) {
  const [isBusy, setBusy] = useState(false);
  const take = async () => {
    setBusy(true);
    const params = { path: { connector_id: connector.id }, header: ifMatch(connector.row_version) };
    await told(api.PUT("/v1/connectors/{connector_id}/definition", { params, body: { revision } })).then((taken) => {
      const cleared = Object.keys(taken.secrets).length === 0;
      say(`${connector.name} has revision ${revision} in its draft`, `Publish it to use it.${cleared ? " Where it sends elsewhere, its secrets have to be given anew." : ""}`);
    }, complain);
    await invalidate("connectors", "custom-types");
    setBusy(false);
  };
  return (
    <button type="button" class="small" disabled={isBusy} onClick={() => void take()}>
      Take revision {revision}
      <span class="visually-hidden"> for {connector.name}</span>
    </button>
  );
}

/** Says on the connector's page that its type has gone on. */
export function NewerRevision({ connector }: { connector: Connector }) {
  const isCustom = connector.type.startsWith("custom:");
  return isCustom ? <Newer connector={connector} /> : null;
}

function Newer({ connector }: { connector: Connector }) {
  const name = connector.type.split("@")[0];
  const type = useCustomTypes().data?.find((one) => one.type === name);
  const mayEdit = useMay("editor");
  if (type === undefined) return null;
  const own = revisionOf(connector.type);
  return (
    <p class={own === type.revision ? "facts" : "note info"}>
      Revision {own} of <a href={`/custom-types/${type.id}`}>{type.label}</a>.{" "}
      {own !== type.revision && (
        <>
          Revision {type.revision} is there. {mayEdit && <TakeRevision connector={connector} revision={type.revision} />}
        </>
      )}
    </p>
  );
}
