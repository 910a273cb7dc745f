/** The connectors of a custom type, each with its revision. */
import { useConnectors } from "../../api/queries";
import type { CustomType } from "../../api/types";
import { StatusChip, statusOf } from "../../connector-status";
import { Empty } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { revisionOf } from "./reading";
import { TakeRevision } from "./take-revision";
import { Table } from "../../ui/table";

export function UsersOfType({ type }: { type: CustomType }) {
  const connectors = useConnectors();
  const mayEdit = useMay("editor");
  return (
    <Shown query={connectors}>
      {(data) => {
        const users = data.filter((one) => one.type.startsWith(`${type.type}@`));
        if (users.length === 0) {
          return (
            <Empty title="No connector has this type">
              <a class="button" href={`/marketplace/${type.type}/new`}>
                New connector
              </a>
            </Empty>
          );
        }
        return (
          <Table heads={["Connector", "State", "Revision", mayEdit && "Newest"]}>
            {users.map((connector) => (
              <tr key={connector.id}>
                <td class="main-cell">
                  <a href={`/connectors/${connector.id}`}>{connector.name}</a>
                </td>
                <td class="chips">
                  <StatusChip name={statusOf(connector, null)} />
                </td>
                <td data-label="Revision">{revisionOf(connector.type)}</td>
                {mayEdit && <td>{revisionOf(connector.type) !== type.revision && <TakeRevision connector={connector} revision={type.revision} />}</td>}
              </tr>
            ))}
          </Table>
        );
      }}
    </Shown>
  );
}
