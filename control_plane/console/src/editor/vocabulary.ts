/** What can be written between braces: attributes by path, and functions. */
import { api, told } from "../api/client";
import { useQuery } from "../api/query";
import type { MappingLanguage } from "../api/types";

export type Vocabulary = MappingLanguage;

const NOTHING: Vocabulary = { attributes: [], functions: [] };

/** As the server knows it, with the types and samples of what the action's own events carried. */
export function useVocabulary(connectorType?: string, actionId?: string): Vocabulary {
  const query = { connector_type: connectorType, action_id: actionId };
  const read = () => told(api.GET("/v1/mapping-language", { params: { query } }));
  return useQuery(`mapping-language/${connectorType ?? ""}/${actionId ?? ""}`, read).data ?? NOTHING;
}
