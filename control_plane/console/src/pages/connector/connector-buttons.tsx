import { useState } from "preact/hooks";
import { invalidate } from "../../api/query";
import type { Connector } from "../../api/types";
import { navigate } from "../../routing/location";
import { useMay } from "../../ui/permission";
import { complain, say } from "../../ui/toasts";
import { PublishButton } from "../../versions/publish-button";
import { readDraft } from "./draft";
import { type ConnectorSwitch, switchConnector } from "./switching";
import { deleteConnector } from "./deleting";

const DONE: Record<ConnectorSwitch, string> = {
  activate: "Activated",
  deactivate: "Deactivated: no new request starts",
  pause: "Paused: deliveries wait",
  resume: "Resumed",
};

export function ConnectorButtons({ connector }: { connector: Connector }) {
  const [isBusy, setBusy] = useState(false);
  const mayEdit = useMay("editor");
  if (!mayEdit) return null;
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await work().catch(complain);
    setBusy(false);
  };
  const turn = (to: ConnectorSwitch) =>
    run(async () => {
      await switchConnector(connector.id, to);
      say(DONE[to]);
      await invalidate("connectors");
    });
  const remove = () =>
    run(async () => {
      if (await deleteConnector(connector)) {
        say(`${connector.name} is deleted`);
        await navigate("/connectors");
      }
    });
  return (
    <>
      {connector.active && (
        <button type="button" disabled={isBusy} onClick={() => void turn(connector.paused ? "resume" : "pause")}>
          {connector.paused ? "Resume" : "Pause"}
        </button>
      )}
      <button type="button" disabled={isBusy} onClick={() => void turn(connector.active ? "deactivate" : "activate")}>
        {connector.active ? "Deactivate" : "Activate"}
      </button>
      <PublishButton
        kind="connectors"
        id={connector.id}
        rowVersion={connector.row_version}
        published={connector.published_version}
        changed={connector.unpublished_changes}
        draft={() => readDraft(connector.id)}
      />
      <button type="button" class="danger-quiet" disabled={isBusy} onClick={() => void remove()}>
        Delete…
      </button>
    </>
  );
}
