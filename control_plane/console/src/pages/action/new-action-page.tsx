import { useMemo, useState } from "preact/hooks";
import { api, idempotencyKey, told } from "../../api/client";
import { asProblem } from "../../api/problem";
import { invalidate } from "../../api/query";
import { useConnector, useConnectorType } from "../../api/queries";
import type { ActionType, Connector, Fault } from "../../api/types";
import { navigate, releaseLeaveGuard, useLeaveGuard, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { askAboutUnsaved } from "../../ui/dialog";
import { Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { complain, say } from "../../ui/toasts";
import { useVocabulary } from "../../editor/vocabulary";
import { usePreview } from "./preview";
import { PreviewPanel } from "./preview-panel";
import { ActionForm, type EditedAction, editedOf, mappingOf } from "./action-form";

export function NewActionPage({ parameters }: { parameters: Parameters }) {
  const connector = useConnector(parameters.id ?? "");
  return <Shown query={connector}>{(data) => <WithType connector={data} />}</Shown>;
}

function WithType({ connector }: { connector: Connector }) {
  const type = useConnectorType(connector.type);
  const [chosen, choose] = useQueryParameter("type");
  return (
    <Page title="New action" above={{ label: connector.name, href: `/connectors/${connector.id}?tab=actions` }}>
      <Shown query={type}>
        {(data) => {
          const only = data.action_types.length === 1 ? data.action_types[0] : undefined;
          const actionType = data.action_types.find((one) => one.key === chosen) ?? only;
          if (actionType === undefined) return <TypeChoice types={data.action_types} choose={choose} />;
          return <NewAction key={actionType.key} connector={connector} type={actionType} />;
        }}
      </Shown>
    </Page>
  );
}

function TypeChoice({ types, choose }: { types: ActionType[]; choose: (key: string) => void }) {
  return (
    <ul class="cards">
      {types.map((type) => (
        <li key={type.key}>
          <button type="button" class="card" onClick={() => choose(type.key)}>
            <strong>{type.label}</strong>
            <span class="card-text">{type.description}</span>
            <span class="card-foot quiet">On {type.on.join(", ")}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function NewAction({ connector, type }: { connector: Connector; type: ActionType }) {
  const start = useMemo<EditedAction>(() => editedOf({ name: type.label, fields: {}, mapping: type.mapping, consent: [] }, type), []);
  const [edited, setEdited] = useState(start);
  useLeaveGuard(edited !== start, askAboutUnsaved);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isBusy, setBusy] = useState(false);
  const { mapping, unreadable } = mappingOf(edited);
  const body = { type: type.key, name: edited.name, fields: edited.fields, mapping, consent: edited.consent };
  const vocabulary = useVocabulary(connector.type);
  const typed = unreadable.length === 0 ? { type: type.key, fields: edited.fields, mapping, consent: edited.consent } : null;
  const state = usePreview(connector.id, null, typed);
  const header = useMemo(idempotencyKey, [JSON.stringify(body)]);
  const create = async () => {
    setBusy(true);
    try {
      const params = { path: { connector_id: connector.id }, header };
      const made = await told(api.POST("/v1/connectors/{connector_id}/actions", { params, body }));
      releaseLeaveGuard();
      await invalidate("connectors");
      say(`${made.name} is added to the draft`, "Publish the connector to make it known to the workers.");
      await navigate(`/connectors/${connector.id}?tab=actions`);
    } catch (error) {
      setFaults(asProblem(error).faults);
      complain(error);
      setBusy(false);
    }
  };
  return (
    <>
      <p class="facts">
        {type.label}: {type.description}
      </p>
      <div class="editing">
        <div>
          <ActionForm edited={edited} change={setEdited} type={type} vocabulary={vocabulary} faults={faults} readOnly={false} />
        </div>
        <PreviewPanel state={state} typed={typed} actionId={null} />
      </div>
      <div class="save-bar">
        <button type="button" class="primary" disabled={isBusy || unreadable.length > 0 || edited.name.trim() === ""} onClick={() => void create()}>
          Add action
        </button>
        <a class="button" href={`/connectors/${connector.id}?tab=actions`}>
          Cancel
        </a>
        <span class="quiet">It is added to the draft, deactivated.</span>
      </div>
    </>
  );
}
