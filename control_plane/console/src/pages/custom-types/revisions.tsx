/** The revisions of a custom type: who, when, why; each beside the newest one, and back to any of them. */
import { useUserNames } from "../../api/queries";
import { invalidate } from "../../api/query";
import type { CustomType } from "../../api/types";
import { useQueryParameter } from "../../routing/location";
import { ask } from "../../ui/dialog";
import { Loading } from "../../ui/loading";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";
import { Difference } from "../../versions/difference";
import { readRevision, updateType, useRevisions } from "./reading";

export function Revisions({ type }: { type: CustomType }) {
  const revisions = useRevisions(type.id);
  const nameOf = useUserNames();
  const mayEdit = useMay("editor");
  const [compared, setCompared] = useQueryParameter("compare");
  return (
    <Shown query={revisions}>
      {(data) => (
        <>
          <Table heads={["Revision", "Saved", "By", "Note", "Compare", mayEdit && "Bring back"]}>
            {data.map(({ number, created_at, created_by, note }) => (
              <tr key={number}>
                <td>
                  {number} {number === type.revision && <span class="chip good">newest</span>}
                </td>
                <td data-label="Saved">
                  <Time at={created_at} />
                </td>
                <td data-label="By">{nameOf(created_by)}</td>
                <td data-label="Note">{note ?? <span class="quiet">—</span>}</td>
                <td>
                  {number !== type.revision && (
                    <button type="button" class="small" aria-pressed={compared === String(number)} onClick={() => setCompared(String(number))}>
                      Compare<span class="visually-hidden"> revision {number} with the newest</span>
                    </button>
                  )}
                </td>
                {mayEdit && <td>{number !== type.revision && <BringBack type={type} number={number} />}</td>}
              </tr>
            ))}
          </Table>
          {compared !== "" && (
            <section class="panel" key={`${compared}/${type.revision}`}>
              <h2>
                Revision {compared} beside revision {type.revision}
              </h2>
              <Difference
                before={{ title: `Revision ${compared}`, read: () => readRevision(type.id, Number(compared)) }}
                after={{ title: `Revision ${type.revision}`, read: () => readRevision(type.id, type.revision) }}
                otherwise={<Loading rows={6} />}
              />
            </section>
          )}
        </>
      )}
    </Shown>
  );
}

function BringBack({ type, number }: { type: CustomType; number: number }) {
  const go = async () => {
    const isSure = await ask({
      title: `Bring revision ${number} back?`,
      body: <p>It is saved again, as revision {type.revision + 1}. Connectors go on with theirs until they take it.</p>,
      confirm: "Bring it back",
    });
    if (!isSure) return;
    const saved = await updateType(type.id, type.row_version, await readRevision(type.id, number), `Revision ${number} again`);
    say(`Revision ${number} is back, as revision ${saved.revision}`);
    await invalidate("custom-types", "types");
  };
  return (
    <button type="button" class="small" onClick={() => void go().catch(complain)}>
      Bring back<span class="visually-hidden"> revision {number}</span>
    </button>
  );
}
