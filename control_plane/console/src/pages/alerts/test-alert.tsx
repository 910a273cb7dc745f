/** Tells the receiver of an alert once, now, that this is a test. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { Alert } from "../../api/types";
import { complain, say } from "../../ui/toasts";
import { channelOf } from "./conditions";

export function TestAlert({ alert }: { alert: Alert }) {
  const [isBusy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    await told(api.POST("/v1/alerts/{alert_id}/test", { params: { path: { alert_id: alert.id } } })).then(
      ({ taken, trouble }) => (taken ? say("The test was taken", `By ${channelOf(alert.channel)}.`) : complain(new Error(`The test was not taken: ${trouble}`))),
      complain,
    );
    setBusy(false);
  };
  return (
    <button type="button" class="small" disabled={isBusy} onClick={() => void send()}>
      {isBusy ? "Sending…" : "Test"}
      <span class="visually-hidden"> {alert.name}</span>
    </button>
  );
}
