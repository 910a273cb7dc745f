/** The names behind ids, for lists that carry only ids. */
import { useConnectors } from "./api/queries";

export function useConnectorNames(): (id: string | null | undefined) => string {
  const connectors = useConnectors().data;
  const names = new Map(connectors?.map((connector) => [connector.id, connector.name]));
  return (id) => (id ? (names.get(id) ?? (connectors === undefined ? "…" : id)) : "—");
}
