/** One connector: what it did, what it does, how it is set, who uses it. */
import { useConnector, useConnectorStatus, useConnectorType, useStatistics } from "../../api/queries";
import type { Connector } from "../../api/types";
import { Applied, DraftChip, StatusChip, statusOf } from "../../connector-status";
import { useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { Tabs } from "../../ui/tabs";
import { Versions } from "../../versions/versions";
import { NewerRevision } from "../custom-types/take-revision";
import { AboutTab } from "./about-tab";
import { ActionsTab } from "./actions-tab";
import { ConnectorButtons } from "./connector-buttons";
import { readDraft } from "./draft";
import { ErrorsTab } from "./errors-tab";
import { HealthNotes } from "./health-notes";
import { SettingsTab } from "./settings-tab";
import { StatisticsTab } from "./statistics-tab";
import { UsesTab } from "./uses-tab";

const TABS = [
  { key: "statistics", label: "Statistics" },
  { key: "actions", label: "Actions" },
  { key: "settings", label: "Settings" },
  { key: "errors", label: "Errors" },
  { key: "versions", label: "Versions" },
  { key: "uses", label: "Used by" },
  { key: "about", label: "About" },
];

export function ConnectorPage({ parameters }: { parameters: Parameters }) {
  const connector = useConnector(parameters.id ?? "");
  return (
    <Shown query={connector} rows={8}>
      {(data) => <ConnectorShown connector={data} />}
    </Shown>
  );
}

function ConnectorShown({ connector }: { connector: Connector }) {
  const [tab] = useQueryParameter("tab", "statistics");
  const status = useConnectorStatus(connector.id).data;
  const counted = useStatistics({ window: "7d", connectorId: connector.id }).data?.connectors[0];
  return (
    <Page
      title={connector.name}
      above={{ label: "Connectors", href: "/connectors" }}
      tags={
        <>
          <StatusChip name={statusOf(connector, counted?.totals.error_rate)} />
          <DraftChip published={connector.published_version} changed={connector.unpublished_changes} />
        </>
      }
      buttons={<ConnectorButtons connector={connector} />}
    >
      <p class="facts">
        {connector.type_label} · <code>{connector.id}</code>
        {connector.published_version !== null && (
          <>
            {" "}
            · version {connector.published_version} · <Applied applied={connector.applied} />
          </>
        )}
      </p>
      <NewerRevision connector={connector} />
      <HealthNotes connector={connector} status={status} />
      <Tabs tabs={TABS} chosen={tab} label="Parts of the connector" />
      <TabShown tab={tab} connector={connector} />
    </Page>
  );
}

function TabShown({ tab, connector }: { tab: string; connector: Connector }) {
  const type = useConnectorType(connector.type);
  switch (tab) {
    case "actions":
      return <ActionsTab connector={connector} />;
    case "settings":
      return <Shown query={type}>{(data) => <SettingsTab connector={connector} type={data} />}</Shown>;
    case "errors":
      return <ErrorsTab connector={connector} />;
    case "versions":
      return <Versions kind="connectors" id={connector.id} published={connector.published_version} draft={() => readDraft(connector.id)} />;
    case "uses":
      return <UsesTab connector={connector} />;
    case "about":
      return <Shown query={type}>{(data) => <AboutTab type={data} />}</Shown>;
    default:
      return <StatisticsTab connector={connector} />;
  }
}
