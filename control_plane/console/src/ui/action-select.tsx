import { useActions } from "../api/queries";
import { setQueryParameters } from "../routing/location";

/** Which action of a connector a list is of; the choice stands in the page's address. */
export function ActionSelect({ connectorId, chosen }: { connectorId: string; chosen: string }) {
  const actions = useActions(connectorId).data ?? [];
  return (
    <select aria-label="Action" value={chosen} onChange={(event) => setQueryParameters({ action: event.currentTarget.value })}>
      <option value="">Every action</option>
      {actions.map((action) => (
        <option key={action.id} value={action.id}>
          {action.name}
        </option>
      ))}
    </select>
  );
}
