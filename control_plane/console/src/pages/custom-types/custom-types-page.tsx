/** The connector types that admins have defined, and taking one from a file. */
import { useRef } from "preact/hooks";
import { invalidate } from "../../api/query";
import type { CustomType } from "../../api/types";
import { navigate } from "../../routing/location";
import { plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty, Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";
import { importFile, useCustomTypes } from "./reading";

export function CustomTypesPage() {
  const types = useCustomTypes();
  const mayEdit = useMay("editor");
  const add = mayEdit && (
    <a class="button primary" href="/custom-types/new">
      <Icon name="plus" /> New custom type
    </a>
  );
  return (
    <Page
      title="Custom connector types"
      above={{ label: "Marketplace", href: "/marketplace" }}
      buttons={
        mayEdit && (
          <>
            <ImportButton />
            {add}
          </>
        )
      }
    >
      <Shown query={types}>
        {(data) =>
          data.length === 0 ? (
            <Empty title="No custom types yet">
              <p>Say once how a partner wants to be called, and it stands in the marketplace like any other.</p>
              {add}
            </Empty>
          ) : (
            <TypeTable types={data} />
          )
        }
      </Shown>
    </Page>
  );
}

function TypeTable({ types }: { types: CustomType[] }) {
  return (
    <Table heads={["Type", "Revision", "Used by", "Changed"]}>
      {types.map((type) => (
        <tr key={type.id}>
          <td class="main-cell">
            <div>
              <a href={`/custom-types/${type.id}`}>{type.label}</a>
              <code class="quiet">{type.type}</code>
            </div>
          </td>
          <td data-label="Revision">{type.revision}</td>
          <td data-label="Used by">{plural(type.connectors, "connector")}</td>
          <td data-label="Changed">
            <Time at={type.updated_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}

function ImportButton() {
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    const made = await importFile(await file.text());
    await invalidate("custom-types", "types");
    say(`${made.label} is imported`, `It is revision ${made.revision}.`);
    await navigate(`/custom-types/${made.id}`);
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        accept=".yaml,.yml,.json"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="File of a custom type"
        onChange={(event) => {
          void take(event.currentTarget.files?.[0]).catch(complain);
          event.currentTarget.value = "";
        }}
      />
      <button type="button" onClick={() => input.current?.click()}>
        Import a file…
      </button>
    </>
  );
}
