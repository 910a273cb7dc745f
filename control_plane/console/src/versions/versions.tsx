/** The history of something published: who, when, why; any two side by side; back to any of them. */
import { useState } from "preact/hooks";
import { useUserNames } from "../api/queries";
import { invalidate } from "../api/query";
import type { VersionSummary } from "../api/types";
import { useQueryParameter } from "../routing/location";
import { ask } from "../ui/dialog";
import { Empty } from "../ui/page";
import { Loading } from "../ui/loading";
import { useMay } from "../ui/permission";
import { Shown } from "../ui/shown";
import { Table } from "../ui/table";
import { Time } from "../ui/time";
import { complain, say } from "../ui/toasts";
import { Difference } from "./difference";
import { RenderedDifference } from "./rendered-difference";
import { type PublishedKind, readVersion, revert, useVersions } from "./publishing";

interface Props {
  kind: PublishedKind;
  id: string;
  published: number | null;
  draft: () => Promise<unknown>;
}

export function Versions(props: Props) {
  const versions = useVersions(props.kind, props.id);
  return (
    <Shown query={versions}>
      {(data) =>
        data.length === 0 ? (
          <Empty title="Never published">
            <p>The first publication makes version 1.</p>
          </Empty>
        ) : (
          <VersionTable {...props} versions={data} />
        )
      }
    </Shown>
  );
}

function VersionTable({ kind, id, published, draft, versions }: Props & { versions: VersionSummary[] }) {
  const nameOf = useUserNames();
  const mayEdit = useMay("editor");
  const [compared, setCompared] = useQueryParameter("compare");
  return (
    <>
      <Table heads={["Version", "Published", "By", "Note", "Compare", mayEdit && "Revert"]}>
        {versions.map((version) => (
          <tr key={version.number}>
            <td>
              {version.number}{" "}
              {version.number === published && <span class="chip good">current</span>}
            </td>
            <td data-label="Published">
              <Time at={version.created_at} />
            </td>
            <td data-label="By">{nameOf(version.created_by)}</td>
            <td data-label="Note">{version.note ?? (version.reverted_to ? `Reverted to version ${version.reverted_to}` : <span class="quiet">—</span>)}</td>
            <td>
              <button type="button" class="small" aria-pressed={compared === String(version.number)} onClick={() => setCompared(String(version.number))}>
                Compare<span class="visually-hidden"> version {version.number} with the draft</span>
              </button>
            </td>
            {mayEdit && (
              <td>
                {version.number !== published && <RevertButton kind={kind} id={id} number={version.number} />}
              </td>
            )}
          </tr>
        ))}
      </Table>
      {compared !== "" && <Comparison key={compared} kind={kind} id={id} number={Number(compared)} published={published} versions={versions} draft={draft} />}
    </>
  );
}

interface ComparisonProps {
  kind: PublishedKind;
  id: string;
  number: number;
  published: number | null;
  versions: VersionSummary[];
  draft: () => Promise<unknown>;
}

function Comparison({ kind, id, number, published, versions, draft }: ComparisonProps) {
  const [other, setOther] = useState("draft");
  const after =
    other === "draft"
      ? { title: "Draft", read: draft }
      : { title: `Version ${other}`, read: () => readVersion(kind, id, Number(other)) };
  return (
    <section class="panel">
      <h2>
        Version {number} beside{" "}
        <select aria-label="Compared with" value={other} onChange={(event) => setOther(event.currentTarget.value)}>
          <option value="draft">the draft</option>
          {versions.map((version) => (
            <option key={version.number} value={String(version.number)}>
              version {version.number}
            </option>
          ))}
        </select>
      </h2>
      <Difference
        key={other}
        before={{ title: `Version ${number}`, read: () => readVersion(kind, id, number) }}
        after={after}
        otherwise={<Loading rows={6} />}
      />
      {kind === "connectors" && number === published && other === "draft" && <RenderedDifference connectorId={id} />}
    </section>
  );
}

function RevertButton({ kind, id, number }: { kind: PublishedKind; id: string; number: number }) {
  const go = async () => {
    const isSure = await ask({
      title: `Revert to version ${number}?`,
      body: <p>Version {number} is published again as a new version, and the draft becomes the same. Unpublished changes are lost.</p>,
      confirm: "Revert",
    });
    if (!isSure) return;
    try {
      const made = await revert(kind, id, number, `Reverted to version ${number}`);
      say(`Version ${number} is in force again, as version ${made.version}`);
      await invalidate(kind, "actions");
    } catch (error) {
      complain(error);
    }
  };
  return (
    <button type="button" class="small" onClick={() => void go()}>
      Revert<span class="visually-hidden"> to version {number}</span>
    </button>
  );
}
