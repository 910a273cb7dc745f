/** The names behind ids, for lists that carry only ids. */
import { useConnectors } from "./api/queries";

export function useConnectorNames(): (id: string | null | undefined) => string {
  const names = new Map((useConnectors().data ?? []).map((connector) => [connector.id, connector.name]));
  return (id) => (id ? (names.get(id) ?? id) : "—");
}
