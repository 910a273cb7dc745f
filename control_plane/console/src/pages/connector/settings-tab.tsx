import { useState } from "preact/hooks";
import { api, ifMatch, told } from "../../api/client";
import { invalidate } from "../../api/query";
import type { Connector, ConnectorType } from "../../api/types";
import { ListInput } from "../../forms/collections";
import { LimitsForm } from "../../forms/limits-form";
import { PlainField } from "../../forms/plain-field";
import { SaveBar } from "../../forms/save-bar";
import { useSaving } from "../../forms/saving";
import { fieldsOf } from "../../forms/schema";
import { FieldFrame, SchemaForm, faultsAt } from "../../forms/schema-form";
import { useLeaveGuard } from "../../routing/location";
import { askAboutUnsaved } from "../../ui/dialog";
import { useMay } from "../../ui/permission";
import { say } from "../../ui/toasts";
import { TestConnection } from "./test-connection";

type Edited = ReturnType<typeof editedOf>;

function editedOf(connector: Connector) {
  return {
    name: connector.name,
    settings: connector.settings as Record<string, unknown>,
    identifiers: connector.identifiers,
    limits: connector.limits,
    labels: connector.labels,
    secrets: {} as Record<string, string | null>,
  };
}

export function SettingsTab({ connector, type }: { connector: Connector; type: ConnectorType }) {
  const [loaded, setLoaded] = useState(connector);
  const [edited, setEdited] = useState<Edited>(() => editedOf(connector));
  const [round, setRound] = useState(0);
  const mayEdit = useMay("editor");
  const isDirty = JSON.stringify(edited) !== JSON.stringify(editedOf(loaded));
  const path = { connector_id: connector.id };
  const load = (stored: Connector) => {
    setLoaded(stored);
    setEdited(editedOf(stored));
    setRound(round + 1);
  };
  const readTheirs = () => told(api.GET("/v1/connectors/{connector_id}", { params: { path } }));
  const saving = useSaving<Connector>({
    save: (version) => told(api.PATCH("/v1/connectors/{connector_id}", { params: { path, header: ifMatch(version) }, body: edited })),
    done: (saved) => {
      load(saved);
      say("The draft is saved", "It is in force when you publish it.");
      void invalidate("connectors");
    },
    readTheirs,
    mine: () => ({ ...edited, secrets: undefined }),
    show: (stored) => ({ ...editedOf(stored), secrets: undefined }),
    takeTheirs: () => void readTheirs().then(load),
  });
  useLeaveGuard(isDirty, askAboutUnsaved);
  const set = (part: Partial<Edited>) => setEdited({ ...edited, ...part });
  return (
    <div key={round} class="panel">
      <PlainField title="Name" isRequired value={edited.name} change={(name) => set({ name })} faults={faultsAt(saving.faults, "/name")} disabled={!mayEdit} />
      <FieldFrame field={{ title: "Labels", isRequired: false, help: "To find it by; one per line." }} faults={faultsAt(saving.faults, "/labels")}>
        {(ids) => (
          <ListInput
            shared={{ id: ids.id, "aria-describedby": ids.describedBy, "aria-invalid": ids.isInvalid, disabled: !mayEdit }}
            value={edited.labels}
            choices={[]}
            change={(labels) => set({ labels })}
          />
        )}
      </FieldFrame>
      <SchemaForm
        fields={fieldsOf(type.settings)}
        values={edited.settings}
        change={(settings) => set({ settings })}
        secrets={edited.secrets}
        storedSecrets={new Set(Object.keys(connector.secrets))}
        changeSecrets={(secrets) => set({ secrets })}
        faults={saving.faults}
        at="/settings"
        readOnly={!mayEdit}
      />
      {type.host_fields.length > 0 && Object.keys(connector.secrets).length > 0 && (
        <p class="field-help">When you change the host, the stored secrets are cleared, so that they never reach another party.</p>
      )}
      <LimitsForm limits={edited.limits} defaults={type.limits} change={(limits) => set({ limits })} faults={saving.faults} readOnly={!mayEdit} />
      {mayEdit && (
        <SaveBar isDirty={isDirty} isBusy={saving.isBusy} save={() => void saving.start(loaded.row_version)} reset={() => load(loaded)}>
          <TestConnection
            test={() => told(api.POST("/v1/connectors/{connector_id}/test", { params: { path }, body: { stage: "draft", settings: edited.settings, secrets: edited.secrets } }))}
          />
        </SaveBar>
      )}
      {saving.dialog}
    </div>
  );
}
