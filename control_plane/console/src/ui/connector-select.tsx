import { useConnectors } from "../api/queries";
import { setQueryParameters, useQueryParameter } from "../routing/location";

/** A filter by connector, in the address; `also` are parameters that mean nothing for another connector. */
export function ConnectorSelect({ also = {} }: { also?: Record<string, string> }) {
  const [chosen] = useQueryParameter("connector");
  const connectors = [...(useConnectors().data ?? [])].sort((one, other) => one.name.localeCompare(other.name));
  return (
    <select aria-label="Connector" value={chosen} onChange={(event) => setQueryParameters({ connector: event.currentTarget.value, ...also })}>
      <option value="">Every connector</option>
      {connectors.map((connector) => (
        <option key={connector.id} value={connector.id}>
          {connector.name}
        </option>
      ))}
    </select>
  );
}
