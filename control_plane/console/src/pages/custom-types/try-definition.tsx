/** Asks the partner whether a definition lets us in, with settings that are not stored. */
import { useState } from "preact/hooks";
import { api, told } from "../../api/client";
import { asProblem } from "../../api/problem";
import type { ConnectionTest, ConnectorType, Fault } from "../../api/types";
import { ExchangeList } from "../../exchanges";
import { fieldsOf } from "../../forms/schema";
import { SchemaForm, type Values } from "../../forms/schema-form";
import { Dialog } from "../../ui/dialog";
import { complain } from "../../ui/toasts";

export function TryDefinition({ definition, type }: { definition: Values | null; type: ConnectorType | null }) {
  const [isOpen, setOpen] = useState(false);
  const isReady = definition !== null && type !== null;
  return (
    <>
      <button type="button" disabled={!isReady} title={isReady ? undefined : "The definition does not hold yet."} onClick={() => setOpen(true)}>
        Test connection…
      </button>
      {isOpen && isReady && <TryDialog definition={definition} type={type} close={() => setOpen(false)} />}
    </>
  );
}

function TryDialog({ definition, type, close }: { definition: Values; type: ConnectorType; close: () => void }) {
  const [settings, setSettings] = useState<Values>({});
  const [secrets, setSecrets] = useState<Record<string, string | null>>({});
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [answer, setAnswer] = useState<ConnectionTest | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFaults([]);
    const body = { definition, settings, secrets, limits: {} };
    await told(api.POST("/v1/custom-connector-types:test", { body })).then(setAnswer, (error: unknown) => {
      setFaults(asProblem(error).faults);
      complain(error);
    });
    setBusy(false);
  };
  return (
    <Dialog title="Test connection" wide={answer !== null} close={close}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <div class="dialog-body">
          <p class="quiet">What is typed here is used once and not stored.</p>
          <SchemaForm fields={fieldsOf(type.settings)} values={settings} change={setSettings} secrets={secrets} changeSecrets={setSecrets} faults={faults} at="/settings" />
          {answer && (
            <div role="status">
              <p class={`note ${answer.ok ? "info" : "bad"}`}>{answer.advice}</p>
              <ExchangeList exchanges={answer.exchanges} />
            </div>
          )}
        </div>
        <footer>
          <button type="button" onClick={close}>
            Close
          </button>
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? "Asking the partner…" : "Ask the partner"}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
