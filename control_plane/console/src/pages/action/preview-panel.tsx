/** The request that a real event would become, beside the editor; and a real request to the partner, on demand. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { PreviewItem, TestSendAnswer } from "../../api/types";
import { ExchangeList, pretty, RequestShown } from "../../exchanges";
import { Icon } from "../../ui/icons";
import { Loading } from "../../ui/loading";
import { useMay } from "../../ui/permission";
import { ask } from "../../ui/dialog";
import { words } from "../../ui/format";
import { complain, say } from "../../ui/toasts";
import type { ActionAsTyped, PreviewState } from "./preview";

interface Props {
  state: PreviewState;
  typed: ActionAsTyped | null;
  /** An action that is not stored yet cannot be test-sent. */
  actionId: string | null;
}

export function PreviewPanel({ state: { preview, problem }, typed, actionId }: Props) {
  const [place, setPlace] = useState(0);
  const items = preview?.items ?? [];
  const item = items[Math.min(place, items.length - 1)];
  return (
    <aside class="panel preview" aria-label="Preview">
      <div class="panel-head">
        <h2>Preview</h2>
        {items.length > 1 && (
          <select aria-label="Event" value={String(place)} onChange={(event) => setPlace(Number(event.currentTarget.value))}>
            {items.map((one, index) => (
              <option key={one.id} value={String(index)}>
                {nameOf(one)}
              </option>
            ))}
          </select>
        )}
      </div>
      {problem && <p class="field-faults">{problem.title}. {problem.detail}</p>}
      {preview === null && !problem && <Loading rows={4} what="Rendering" />}
      {preview?.are_examples && <p class="quiet">These events are examples: no real one has come yet.</p>}
      {preview && !preview.valid && <p class="field-faults">It does not hold yet; see the fields.</p>}
      {item && <ItemShown item={item} />}
      {item && typed && actionId && <TestSend key={item.id} item={item} typed={typed} actionId={actionId} />}
    </aside>
  );
}

function nameOf(item: PreviewItem): string {
  const { profile_id, change, name } = item.event as Record<string, string | undefined>;
  return [profile_id, change ?? name].filter(Boolean).join(" · ");
}

function ItemShown({ item }: { item: PreviewItem }) {
  const copy = () => void navigator.clipboard.writeText(item.curl ?? "").then(() => say("Copied as curl", "Secrets are $VARIABLES."), complain);
  return (
    <>
      {item.skipped && (
        <p class="note info">
          Nothing is sent for this event: {words(item.skipped).toLowerCase()}. {item.why}
        </p>
      )}
      {item.problem && (
        <p class="note bad">
          {words(item.problem.reason)}: {item.problem.detail}
        </p>
      )}
      {item.request && <RequestShown request={item.request} />}
      {item.curl && (
        <button type="button" class="small" onClick={copy}>
          <Icon name="copy" /> Copy as curl
        </button>
      )}
      <details class="wire-headers">
        <summary>The event</summary>
        <pre class="wire" tabIndex={0} aria-label="The event">
          {pretty(JSON.stringify(item.event))}
        </pre>
      </details>
    </>
  );
}

function TestSend({ item, typed, actionId }: { item: PreviewItem; typed: ActionAsTyped; actionId: string }) {
  const [answer, setAnswer] = useState<TestSendAnswer | null>(null);
  const [isBusy, setBusy] = useState(false);
  if (!useMay("editor")) return null;
  const send = async () => {
    const isSure = await ask({
      title: "Send this to the partner?",
      body: <p>The request really leaves, with this event, also while the connector is deactivated. It is not counted in the statistics.</p>,
      confirm: "Send it",
    });
    if (!isSure) return;
    setBusy(true);
    const params = { path: { action_id: actionId } };
    await told(api.POST("/v1/actions/{action_id}/test-send", { params, body: { ...typed, event: item.event, samples: { limit: 1 } } })).then(setAnswer, complain);
    setBusy(false);
  };
  return (
    <div class="test-send">
      <button type="button" disabled={isBusy} onClick={() => void send()}>
        {isBusy ? "Sending…" : "Test send…"}
      </button>
      <div role="status">
        {answer && (
          <>
            <p class={`note ${answer.ok ? "info" : "bad"}`}>
              {answer.ok ? "The partner accepted it." : answer.sent ? (answer.verdict?.advice ?? "The partner did not accept it.") : "Nothing was sent."}
            </p>
            <ExchangeList exchanges={answer.exchanges} />
          </>
        )}
      </div>
    </div>
  );
}
