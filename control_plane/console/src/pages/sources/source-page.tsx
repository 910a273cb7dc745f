/** One audience, journey or event feed: what triggers which action, draft and live. */
import { useState } from "preact/hooks";
import { invalidate, useQuery } from "../../api/query";
import { PlainField } from "../../forms/plain-field";
import { SaveBar } from "../../forms/save-bar";
import { useSaving } from "../../forms/saving";
import { faultsAt } from "../../forms/schema-form";
import { navigate, useLeaveGuard, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { ask, askAboutUnsaved } from "../../ui/dialog";
import { Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Tabs } from "../../ui/tabs";
import { complain, say } from "../../ui/toasts";
import { PublishButton } from "../../versions/publish-button";
import { Versions } from "../../versions/versions";
import { NotFoundPage } from "../not-found-page";
import { Activations } from "./activations";
import { deleteSource, editedOf, isKind, KINDS, readSource, type Source, type SourceKind, updateSource } from "./kinds";
import { EventNames, Steps } from "./parts";
import { detailOf, SourceState } from "./sources-page";

const TABS = [
  { key: "edit", label: "Draft" },
  { key: "versions", label: "Versions" },
];

export function SourcePage({ parameters }: { parameters: Parameters }) {
  const kind = parameters.kind ?? "";
  return isKind(kind) ? <Loaded kind={kind} id={parameters.id ?? ""} /> : <NotFoundPage />;
}

function Loaded({ kind, id }: { kind: SourceKind; id: string }) {
  const source = useQuery(`${kind}/${id}`, () => readSource(kind, id), 5000);
  return <Shown query={source}>{(data) => <SourceShown kind={kind} source={data} />}</Shown>;
}

async function readDraft(kind: SourceKind, id: string): Promise<unknown> {
  const { source_id: _, steps, event_names, ...shared } = editedOf(await readSource(kind, id));
  return { ...shared, ...(kind === "journeys" ? { steps } : {}), ...(kind === "event-feeds" ? { event_names } : {}) };
}

function SourceShown({ kind, source }: { kind: SourceKind; source: Source }) {
  const [tab] = useQueryParameter("tab", "edit");
  const mayEdit = useMay("editor");
  const draft = () => readDraft(kind, source.id);
  return (
    <Page
      title={source.name}
      above={{ label: KINDS[kind].many, href: `/sources/${kind}` }}
      tags={<SourceState source={source} />}
      buttons={
        mayEdit && (
          <>
            <PublishButton kind={kind} id={source.id} rowVersion={source.row_version} published={source.published_version} changed={source.unpublished_changes} draft={draft} />
            <DeleteButton kind={kind} source={source} />
          </>
        )
      }
    >
      <p class="facts">
        {detailOf(source)} · <code>{source.id}</code>
      </p>
      {source.published_version !== null && source.unpublished_changes && (
        <p class="note warn">
          {KINDS[kind].one} is live with unpublished changes: it goes on sending as version {source.published_version} says until you publish.
        </p>
      )}
      <Tabs tabs={TABS} chosen={tab} label={`Parts of the ${KINDS[kind].one.toLowerCase()}`} />
      {tab === "versions" ? <Versions kind={kind} id={source.id} published={source.published_version} draft={draft} /> : <SourceEditor kind={kind} source={source} />}
    </Page>
  );
}

function SourceEditor({ kind, source }: { kind: SourceKind; source: Source }) {
  const [loaded, setLoaded] = useState(source);
  const [edited, setEdited] = useState(() => editedOf(source));
  const [round, setRound] = useState(0);
  const mayEdit = useMay("editor");
  const isDirty = JSON.stringify(edited) !== JSON.stringify(editedOf(loaded));
  const load = (stored: Source) => {
    setLoaded(stored);
    setEdited(editedOf(stored));
    setRound(round + 1);
  };
  const readTheirs = () => readSource(kind, source.id);
  const saving = useSaving<Source>({
    save: (version) => updateSource(kind, source.id, version, edited),
    done: (saved) => {
      load(saved);
      say("The draft is saved", "It is in force when you publish it.");
      void invalidate(kind, "connectors");
    },
    readTheirs,
    mine: () => edited,
    show: editedOf,
    takeTheirs: () => void readTheirs().then(load),
  });
  useLeaveGuard(isDirty, askAboutUnsaved);
  return (
    <div key={round}>
      <section class="panel">
        <PlainField title="Name" isRequired disabled={!mayEdit} value={edited.name} change={(name) => setEdited({ ...edited, name })} faults={faultsAt(saving.faults, "/name")} />
        {kind === "journeys" && <Steps steps={edited.steps} change={(steps) => setEdited({ ...edited, steps })} faults={saving.faults} readOnly={!mayEdit} />}
        {kind === "event-feeds" && (
          <EventNames names={edited.event_names} change={(event_names) => setEdited({ ...edited, event_names })} faults={saving.faults} readOnly={!mayEdit} />
        )}
      </section>
      <Activations kind={kind} edited={edited} change={(activations) => setEdited({ ...edited, activations })} faults={saving.faults} readOnly={!mayEdit} />
      {mayEdit && <SaveBar isDirty={isDirty} isBusy={saving.isBusy} save={() => void saving.start(loaded.row_version)} reset={() => load(loaded)} />}
      {saving.dialog}
    </div>
  );
}

function DeleteButton({ kind, source }: { kind: SourceKind; source: Source }) {
  const remove = async () => {
    const isSure = await ask({
      title: `Delete ${source.name}?`,
      body: <p>Nothing is sent because of it any more, at once. This cannot be undone.</p>,
      confirm: `Delete the ${KINDS[kind].one.toLowerCase()}`,
      danger: true,
      typed: source.name,
    });
    if (!isSure) return;
    await deleteSource(kind, source);
    await invalidate(kind, "connectors");
    say(`${source.name} is deleted`);
    await navigate(`/sources/${kind}`);
  };
  return (
    <button type="button" class="danger-quiet" onClick={() => void remove().catch(complain)}>
      Delete…
    </button>
  );
}

