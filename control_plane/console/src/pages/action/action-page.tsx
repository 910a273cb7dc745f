/** One action: what it sends, what it did, and its switch. */
import { useEffect, useState } from "preact/hooks";
import { api, ifMatch, told } from "../../api/client";
import { invalidate } from "../../api/query";
import { useAction, useConnector, useConnectorStatus, useConnectorType } from "../../api/queries";
import type { Action, ActionType, Connector, ConnectorType, Fault } from "../../api/types";
import { useVocabulary } from "../../editor/vocabulary";
import { StatisticsPanel } from "../../chart/statistics-panel";
import { SaveBar } from "../../forms/save-bar";
import { useSaving } from "../../forms/saving";
import { navigate, useLeaveGuard, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { askAboutUnsaved } from "../../ui/dialog";
import { Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Tabs } from "../../ui/tabs";
import { complain, say } from "../../ui/toasts";
import { ActionState, ActionSwitch } from "../connector/actions-tab";
import { deleteAction } from "../connector/deleting";
import { ActionForm, editedOf, mappingOf } from "./action-form";
import { ActionUses } from "./action-uses";
import { ChangeType } from "./change-type";
import { usePreview } from "./preview";
import { PreviewPanel } from "./preview-panel";

const TABS = [
  { key: "edit", label: "Fields and mapping" },
  { key: "statistics", label: "Statistics" },
  { key: "uses", label: "Used by" },
];

export function ActionPage({ parameters }: { parameters: Parameters }) {
  const action = useAction(parameters.id ?? "");
  return <Shown query={action}>{(data) => <WithConnector action={data} />}</Shown>;
}

function WithConnector({ action }: { action: Action }) {
  const connector = useConnector(action.connector_id);
  return <Shown query={connector}>{(data) => <WithType action={action} connector={data} />}</Shown>;
}

function WithType({ action, connector }: { action: Action; connector: Connector }) {
  const type = useConnectorType(connector.type);
  return <Shown query={type}>{(data) => <ActionShown action={action} connector={connector} connectorType={data} />}</Shown>;
}

interface Props {
  action: Action;
  connector: Connector;
  connectorType: ConnectorType;
}

function ActionShown({ action, connector, connectorType }: Props) {
  const [tab] = useQueryParameter("tab", "edit");
  const status = useConnectorStatus(connector.id).data;
  const type = connectorType.action_types.find((one) => one.key === action.type);
  return (
    <Page
      title={action.name}
      above={{ label: connector.name, href: `/connectors/${connector.id}?tab=actions` }}
      tags={<ActionState action={action} status={status} />}
      buttons={<ActionButtons action={action} connector={connector} />}
    >
      <p class="facts">
        {action.type_label} · on {action.on.join(", ")} · <code>{action.id}</code>
        {connector.unpublished_changes && (
          <>
            {" "}
            · <a href={`/connectors/${connector.id}?tab=versions`}>the connector has unpublished changes</a>
          </>
        )}
      </p>
      <Tabs tabs={TABS} chosen={tab} label="Parts of the action" />
      {tab === "statistics" && <StatisticsPanel connectorId={connector.id} actionId={action.id} />}
      {tab === "uses" && <ActionUses action={action} />}
      {tab === "edit" && type && <ActionEditor action={action} connector={connector} connectorType={connectorType} type={type} />}
    </Page>
  );
}

function ActionButtons({ action, connector }: { action: Action; connector: Connector }) {
  if (!useMay("editor")) return null;
  const remove = async () => {
    if (await deleteAction(action)) {
      say(`${action.name} is deleted`);
      await navigate(`/connectors/${connector.id}?tab=actions`);
    }
  };
  return (
    <>
      <ActionSwitch action={action} connector={connector} />
      <button type="button" class="danger-quiet" onClick={() => void remove().catch(complain)}>
        Delete…
      </button>
    </>
  );
}

function ActionEditor({ action, connector, connectorType, type }: Props & { type: ActionType }) {
  const [loaded, setLoaded] = useState(action);
  const [edited, setEdited] = useState(() => editedOf(action, type));
  const [round, setRound] = useState(0);
  const mayEdit = useMay("editor");
  const path = { action_id: action.id };
  const isDirty = JSON.stringify(edited) !== JSON.stringify(editedOf(loaded, type));
  const { mapping, unreadable } = mappingOf(edited);
  const body = { name: edited.name, fields: edited.fields, mapping, consent: edited.consent };
  const load = (stored: Action) => {
    setLoaded(stored);
    setEdited(editedOf(stored, type));
    setRound(round + 1);
  };
  const readTheirs = () => told(api.GET("/v1/actions/{action_id}", { params: { path } }));
  const saving = useSaving<Action>({
    save: (version) => told(api.PATCH("/v1/actions/{action_id}", { params: { path, header: ifMatch(version) }, body })),
    done: (saved) => {
      load(saved);
      say("The draft is saved", "It is in force when the connector is published.");
      void invalidate("actions", "connectors");
    },
    readTheirs,
    mine: () => body,
    show: ({ name, fields, mapping: stored, consent }) => ({ name, fields, mapping: stored, consent }),
    takeTheirs: () => void readTheirs().then(load),
  });
  const vocabulary = useVocabulary(connector.type, action.id);
  const typed = unreadable.length === 0 ? { type: action.type, fields: edited.fields, mapping, consent: edited.consent } : null;
  const state = usePreview(connector.id, action.id, typed);
  useEffect(() => {
    if (action.type !== loaded.type) load(action);
  }, [action.type]);
  useLeaveGuard(isDirty, askAboutUnsaved);
  const faults: readonly Fault[] = isDirty && state.preview ? state.preview.errors : saving.faults;
  const locked = type.target_field !== null && action.published && action.active ? new Map([[type.target_field, LOCKED]]) : undefined;
  return (
    <div key={round}>
      <div class="editing">
        <div>
          <ActionForm edited={edited} change={setEdited} type={type} vocabulary={vocabulary} faults={faults} readOnly={!mayEdit} locked={locked} />
        </div>
        <PreviewPanel state={state} typed={typed} actionId={action.id} />
      </div>
      {mayEdit && (
        <SaveBar isDirty={isDirty} isBusy={saving.isBusy || unreadable.length > 0} save={() => void saving.start(loaded.row_version)} reset={() => load(loaded)}>
          <ChangeType action={loaded} connectorType={connectorType} isDirty={isDirty} />
        </SaveBar>
      )}
      {saving.dialog}
    </div>
  );
}

const LOCKED = "It names the target of an action in use and cannot be changed: make a new action instead.";
