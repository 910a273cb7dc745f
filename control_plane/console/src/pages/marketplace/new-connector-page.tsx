import { useMemo, useState } from "preact/hooks";
import { api, idempotencyKey, told } from "../../api/client";
import { asProblem } from "../../api/problem";
import { invalidate } from "../../api/query";
import { useConnectorType } from "../../api/queries";
import type { ConnectorType, Fault } from "../../api/types";
import { PlainField } from "../../forms/plain-field";
import { fieldsOf } from "../../forms/schema";
import { faultsAt, SchemaForm, type Values } from "../../forms/schema-form";
import { navigate, releaseLeaveGuard, useLeaveGuard } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { askAboutUnsaved } from "../../ui/dialog";
import { Page } from "../../ui/page";
import { TestConnection } from "../connector/test-connection";
import { Shown } from "../../ui/shown";
import { complain, say } from "../../ui/toasts";

export function NewConnectorPage({ parameters }: { parameters: Parameters }) {
  const type = useConnectorType(parameters.type ?? "");
  return <Shown query={type}>{(data) => <NewConnector type={data} />}</Shown>;
}

function NewConnector({ type }: { type: ConnectorType }) {
  const [name, setName] = useState(type.label);
  const [settings, setSettings] = useState<Values>({});
  const [secrets, setSecrets] = useState<Record<string, string | null>>({});
  const [agreed, setAgreed] = useState<ReadonlySet<string>>(new Set());
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isBusy, setBusy] = useState(false);
  const body = { type: type.key, name, settings, secrets, limits: {} };
  const header = useMemo(idempotencyKey, [JSON.stringify(body)]);
  const isReady = type.prerequisites.every((one) => agreed.has(one));
  const create = async () => {
    const made = await told(api.POST("/v1/connectors", { params: { header }, body }));
    await invalidate("connectors");
    releaseLeaveGuard();
    say(`${made.name} is made`, "It is deactivated. Add an action next.");
    await navigate(`/connectors/${made.id}?tab=actions`);
  };
  const isDirty = name !== type.label || Object.keys(settings).length + Object.keys(secrets).length > 0;
  useLeaveGuard(isDirty, askAboutUnsaved);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await create().catch((error: unknown) => {
      setFaults(asProblem(error).faults);
      complain(error);
    });
    setBusy(false);
  };
  return (
    <Page title={`New connector: ${type.label}`} above={{ label: "Marketplace", href: `/marketplace/${type.key}` }}>
      <form class="panel" onSubmit={(event) => void submit(event)} noValidate>
        <PlainField title="Name" help="How your colleagues find it." isRequired value={name} change={setName} faults={faultsAt(faults, "/name")} />
        <SchemaForm
          fields={fieldsOf(type.settings)}
          values={settings}
          change={setSettings}
          secrets={secrets}
          changeSecrets={setSecrets}
          faults={faults}
          at="/settings"
        />
        {type.prerequisites.length > 0 && (
          <fieldset class="field">
            <legend class="field-label">Before you begin</legend>
            {type.prerequisites.map((one) => (
              <label key={one} class="check">
                <input type="checkbox" checked={agreed.has(one)} onChange={() => setAgreed(toggled(agreed, one))} /> {one}
              </label>
            ))}
          </fieldset>
        )}
        <div class="save-bar">
          <button type="submit" class="primary" disabled={isBusy || !isReady || name.trim() === ""}>
            Create connector
          </button>
          <TestConnection
            test={() =>
              told(api.PUT("/v1/connector-types/{connector_type}/test", { params: { path: { connector_type: type.key } }, body: { settings, secrets, limits: {} } }))
            }
          />
          <a class="button" href={`/marketplace/${type.key}`}>
            Cancel
          </a>
          <span class="quiet">{isReady ? "It starts deactivated." : "Confirm what is needed first."}</span>
        </div>
      </form>
    </Page>
  );
}

function toggled(set: ReadonlySet<string>, one: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(one)) next.add(one);
  return next;
}
