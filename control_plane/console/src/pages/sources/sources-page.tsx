import { useState } from "preact/hooks";
import { asProblem } from "../../api/problem";
import { invalidate } from "../../api/query";
import type { Fault } from "../../api/types";
import { Applied, DraftChip } from "../../connector-status";
import { PlainField } from "../../forms/plain-field";
import { faultsAt } from "../../forms/schema-form";
import { navigate, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { FormDialog } from "../../ui/form-dialog";
import { plural } from "../../ui/format";
import { Highlighted } from "../../ui/highlighted";
import { Icon } from "../../ui/icons";
import { NewButton } from "../../ui/new-button";
import { Empty, Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { SearchBox } from "../../ui/search-box";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";
import { NotFoundPage } from "../not-found-page";
import { EventNames, Steps } from "./parts";
import { createSource, isKind, KINDS, NEW_SOURCE, type Source, type SourceKind, useSources } from "./kinds";

export function SourcesPage({ parameters }: { parameters: Parameters }) {
  const kind = parameters.kind ?? "";
  return isKind(kind) ? <SourcesShown kind={kind} /> : <NotFoundPage />;
}

function SourcesShown({ kind }: { kind: SourceKind }) {
  const sources = useSources(kind);
  const [text, setText] = useQueryParameter("q");
  const { one, many, about } = KINDS[kind];
  const button = useMay("editor") && (
    <NewButton label={`New ${one.toLowerCase()}`}>{(close) => <NewSource kind={kind} close={close} />}</NewButton>
  );
  return (
    <Page title={many} buttons={button}>
      <Shown query={sources} rows={6}>
        {(data) =>
          data.length === 0 ? (
            <Empty title={`No ${many.toLowerCase()} yet`}>
              <p>{about}</p>
            </Empty>
          ) : (
            <>
              <div class="toolbar">
                <SearchBox label={`Search ${many.toLowerCase()}`} value={text} change={setText} />
              </div>
              <SourceTable kind={kind} sources={data.filter((source) => fits(source, text))} text={text} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function fits(source: Source, text: string): boolean {
  const haystack = [source.name, "source_id" in source ? source.source_id : "", ...("event_names" in source ? source.event_names : [])].join("\n");
  return text.toLowerCase().split(/\s+/).every((word) => haystack.toLowerCase().includes(word));
}

function SourceTable({ kind, sources, text }: { kind: SourceKind; sources: Source[]; text: string }) {
  return (
    <Table heads={[KINDS[kind].one, "State", "Actions", "Changed"]}>
      {sources.map((source) => (
        <tr key={source.id}>
          <td class="main-cell">
            <div>
              <a href={`/sources/${kind}/${source.id}`}>
                <Highlighted text={source.name} search={text} />
              </a>
              <span class="quiet">{detailOf(source)}</span>
            </div>
          </td>
          <td class="chips">
            <SourceState source={source} />
          </td>
          <td data-label="Actions">{plural(source.activations.length, "action")}</td>
          <td data-label="Changed">
            <Time at={source.updated_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

export function detailOf(source: Source): string {
  if ("event_names" in source) return source.event_names.join(", ");
  return "steps" in source ? `${source.source_id} · ${plural(source.steps.length, "step")}` : source.source_id;
}

export function SourceState({ source }: { source: Source }) {
  return (
    <>
      {source.published_version !== null && (
        <span class="chip good">
          <Icon name="active" /> Live, version {source.published_version}
        </span>
      )}
      <DraftChip published={source.published_version} changed={source.unpublished_changes} />
      {source.published_version !== null && <Applied applied={source.applied} />}
    </>
  );
}

function NewSource({ kind, close }: { kind: SourceKind; close: () => void }) {
  const [edited, setEdited] = useState(NEW_SOURCE);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const { one, idLabel, idHelp } = KINDS[kind];
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const made = await createSource(kind, edited);
      await invalidate(kind);
      close();
      say(`${made.name} is made`, "Attach actions, then publish.");
      await navigate(`/sources/${kind}/${made.id}`);
    } catch (error) {
      setFaults(asProblem(error).faults);
      complain(error);
    }
  };
  const isIncomplete = edited.name.trim() === "" || (kind === "event-feeds" && edited.event_names.length === 0);
  return (
    <FormDialog title={`New ${one.toLowerCase()}`} close={close} submit={submit} confirm="Create" disabled={isIncomplete}>
      <PlainField title="Name" isRequired autoFocus value={edited.name} change={(name) => setEdited({ ...edited, name })} faults={faultsAt(faults, "/name")} />
      {idLabel !== null && (
        <PlainField
          title={idLabel}
          help={`${idHelp} Left empty, one is made.`}
          value={edited.source_id}
          change={(source_id) => setEdited({ ...edited, source_id })}
          faults={faultsAt(faults, "/source_id")}
        />
      )}
      {kind === "journeys" && <Steps steps={edited.steps} change={(steps) => setEdited({ ...edited, steps })} faults={faults} readOnly={false} />}
      {kind === "event-feeds" && (
        <EventNames names={edited.event_names} change={(event_names) => setEdited({ ...edited, event_names })} faults={faults} readOnly={false} />
      )}
    </FormDialog>
  );
}
