import { useState } from "preact/hooks";
import { useMe } from "../../api/queries";
import { invalidate } from "../../api/query";
import { navigate } from "../../routing/location";
import { CopyButton } from "../../ui/copy-button";
import { tell } from "../../ui/dialog";
import { useMay } from "../../ui/permission";
import { complain } from "../../ui/toasts";
import { joinCommand, makeDemo, useDemoSink } from "./demo";

/** Offered where there is a partner to try things with. */
export function DemoButton() {
  const sink = useDemoSink().data?.url;
  const workspace = useMe().data?.workspace ?? "default";
  const [isBusy, setBusy] = useState(false);
  const mayEdit = useMay("editor");
  if (!sink || !mayEdit) return null;
  const make = async () => {
    setBusy(true);
    try {
      const id = await makeDemo(sink);
      await invalidate("connectors", "audiences");
      await navigate(`/connectors/${id}`);
      await tell({ title: "The demo connector is live", body: <Joining command={joinCommand(workspace)} />, confirm: "Close" });
    } catch (error) {
      complain(error);
      await invalidate("connectors");
    }
    setBusy(false);
  };
  return (
    <button type="button" disabled={isBusy} onClick={() => void make()}>
      {isBusy ? "Making it…" : "Try a demo connector"}
    </button>
  );
}

function Joining({ command }: { command: string }) {
  return (
    <>
      <p>It sends to an echo of the local stack whatever happens in the demo audience. Let a profile join, and watch the numbers:</p>
      <pre class="wire" tabIndex={0} aria-label="Command">
        {command}
      </pre>
      <CopyButton text={command} label="Copy the command" said="Copied" />
    </>
  );
}
