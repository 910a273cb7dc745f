import type { ConnectorType } from "../../api/types";
import { ConnectorSummary } from "../marketplace/connector-summary";

export function AboutTab({ type }: { type: ConnectorType }) {
  return (
    <section class="panel">
      <ConnectorSummary type={type} />
    </section>
  );
}
