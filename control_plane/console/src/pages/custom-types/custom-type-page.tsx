/** One custom type: its newest definition, its revisions, and the connectors that have it. */
import { useState } from "preact/hooks";
import { invalidate, useQuery } from "../../api/query";
import type { CustomType } from "../../api/types";
import { useVocabulary } from "../../editor/vocabulary";
import { PlainField } from "../../forms/plain-field";
import { SaveBar } from "../../forms/save-bar";
import { useSaving } from "../../forms/saving";
import { navigate, useLeaveGuard, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { ask, askAboutUnsaved } from "../../ui/dialog";
import { plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Tabs } from "../../ui/tabs";
import { complain, say } from "../../ui/toasts";
import { useChecked } from "./checking";
import { definitionOf, editedOf } from "./definition";
import { DefinitionForm } from "./definition-form";
import { deleteType, readType, updateType } from "./reading";
import { Revisions } from "./revisions";
import { TryDefinition } from "./try-definition";
import { UsersOfType } from "./users-of-type";

const TABS = [
  { key: "edit", label: "Definition" },
  { key: "revisions", label: "Revisions" },
  { key: "uses", label: "Used by" },
];

export function CustomTypePage({ parameters }: { parameters: Parameters }) {
  const id = parameters.id ?? "";
  const type = useQuery(`custom-types/${id}`, () => readType(id));
  return <Shown query={type}>{(data) => <TypeShown type={data} />}</Shown>;
}

function TypeShown({ type }: { type: CustomType }) {
  const [tab] = useQueryParameter("tab", "edit");
  const mayEdit = useMay("editor");
  return (
    <Page
      title={type.label}
      above={{ label: "Custom connector types", href: "/custom-types" }}
      buttons={
        <>
          <a class="button" href={`/v1/custom-connector-types/${type.id}/file`} download={`${type.key}.yaml`}>
            <Icon name="download" /> Export
          </a>
          {mayEdit && (
            <>
              <a class="button" href={`/marketplace/${type.type}/new`}>
                New connector
              </a>
              <DeleteButton type={type} />
            </>
          )}
        </>
      }
    >
      <p class="facts">
        <code>{type.type}</code> · revision {type.revision} · {plural(type.connectors, "connector")}
      </p>
      <Tabs tabs={TABS} chosen={tab} label="Parts of the custom type" />
      {tab === "revisions" && <Revisions type={type} />}
      {tab === "uses" && <UsersOfType type={type} />}
      {tab === "edit" && <DefinitionEditor type={type} />}
    </Page>
  );
}

function DefinitionEditor({ type }: { type: CustomType }) {
  const [loaded, setLoaded] = useState(type);
  const [edited, setEdited] = useState(() => editedOf(type.definition));
  const [note, setNote] = useState("");
  const [round, setRound] = useState(0);
  const mayEdit = useMay("editor");
  const definition = definitionOf(edited);
  const isDirty = JSON.stringify(edited) !== JSON.stringify(editedOf(loaded.definition));
  const checked = useChecked(definition, mayEdit);
  const load = (stored: CustomType) => {
    setLoaded(stored);
    setEdited(editedOf(stored.definition));
    setNote("");
    setRound(round + 1);
  };
  const saving = useSaving<CustomType>({
    save: (version) => updateType(type.id, version, definition ?? {}, note),
    done: (saved) => {
      load(saved);
      say(`Revision ${saved.revision} is saved`, "Connectors go on with theirs until they take it and are published.");
      void invalidate("custom-types", "types");
    },
    readTheirs: () => readType(type.id),
    mine: () => definition,
    show: (stored) => stored.definition,
    takeTheirs: () => void readType(type.id).then(load, complain),
  });
  useLeaveGuard(isDirty, askAboutUnsaved);
  return (
    <div key={round}>
      <DefinitionForm
        edited={edited}
        change={setEdited}
        isNew={false}
        faults={checked.errors.length > 0 ? checked.errors : saving.faults}
        vocabulary={useVocabulary()}
        readOnly={!mayEdit}
      />
      {mayEdit && (
        <>
          {isDirty && <PlainField title="Note" help="Why it changes; shown with the revision." value={note} change={setNote} />}
          <SaveBar
            isDirty={isDirty}
            isBusy={saving.isBusy || definition === null}
            label="Save revision"
            save={() => void saving.start(loaded.row_version)}
            reset={() => load(loaded)}
          >
            <TryDefinition definition={definition} type={checked.errors.length > 0 ? null : checked.type} />
          </SaveBar>
        </>
      )}
      {saving.dialog}
    </div>
  );
}

function DeleteButton({ type }: { type: CustomType }) {
  const isUsed = type.connectors > 0;
  const remove = async () => {
    const isSure = await ask({
      title: `Delete ${type.label}?`,
      body: <p>It leaves the marketplace, with every revision. This cannot be undone.</p>,
      confirm: "Delete the type",
      danger: true,
      typed: type.label,
    });
    if (!isSure) return;
    await deleteType(type);
    await invalidate("custom-types", "types");
    say(`${type.label} is deleted`);
    await navigate("/custom-types");
  };
  return (
    <button
      type="button"
      class="danger-quiet"
      disabled={isUsed}
      title={isUsed ? `Delete the ${plural(type.connectors, "connector")} of this type first.` : undefined}
      onClick={() => void remove().catch(complain)}
    >
      Delete…
    </button>
  );
}
