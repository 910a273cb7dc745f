/** Who is told when something changes: one message per change of state. */
import { allPages, api, ifMatch, told } from "../../api/client";
import { invalidate, useQuery } from "../../api/query";
import type { Alert } from "../../api/types";
import { useConnectorNames } from "../../names";
import { ask } from "../../ui/dialog";
import { Icon } from "../../ui/icons";
import { NewButton } from "../../ui/new-button";
import { Empty, Page } from "../../ui/page";
import { useMay } from "../../ui/permission";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { Time } from "../../ui/time";
import { complain, say } from "../../ui/toasts";
import { AlertDialog } from "./alert-dialog";
import { TestAlert } from "./test-alert";
import { channelOf, sentenceOf } from "./conditions";

export function AlertsPage() {
  const alerts = useQuery("alerts", () => allPages((cursor) => told(api.GET("/v1/alerts", { params: { query: { limit: 100, cursor } } }))), 10_000);
  const mayEdit = useMay("editor");
  return (
    <Page
      title="Alerts"
      buttons={mayEdit && <NewButton label="New alert">{(close) => <AlertDialog close={close} />}</NewButton>}
    >
      <Shown query={alerts}>
        {(data) =>
          data.length === 0 ? (
            <Empty title="No alerts yet">
              <p>An alert tells a webhook or a mailbox once when a connector gets into trouble, and once when it is well again.</p>
            </Empty>
          ) : (
            <AlertTable alerts={data} mayEdit={mayEdit} />
          )
        }
      </Shown>
    </Page>
  );
}

function AlertTable({ alerts, mayEdit }: { alerts: Alert[]; mayEdit: boolean }) {
  const nameOf = useConnectorNames();
  return (
    <Table heads={["Alert", "State", "When", "Connector", "To", mayEdit && "Test and delete"]}>
      {alerts.map((alert) => (
        <tr key={alert.id}>
          <td class="main-cell">{alert.name}</td>
          <td>
            <AlertState alert={alert} />
          </td>
          <td data-label="When">{sentenceOf(alert.condition)}</td>
          <td data-label="Connector">{alert.connector_id ? nameOf(alert.connector_id) : "Every connector"}</td>
          <td class="said" data-label="To">{channelOf(alert.channel)}</td>
          {mayEdit && (
            <td>
              <TestAlert alert={alert} />{" "}
              <button type="button" class="small danger-quiet" onClick={() => void remove(alert).catch(complain)}>
                Delete<span class="visually-hidden"> {alert.name}</span>
              </button>
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

function AlertState({ alert }: { alert: Alert }) {
  if (!alert.active) return <span class="chip muted">off</span>;
  const since = alert.firing[0]?.since;
  if (since === undefined) return <span class="chip good">quiet</span>;
  return (
    <span class="chip bad" title={alert.firing.map((one) => one.detail).join(" ")}>
      <Icon name="alert" /> since <Time at={since} />
    </span>
  );
}

async function remove(alert: Alert): Promise<void> {
  if (!(await ask({ title: `Delete ${alert.name}?`, body: <p>Nobody is told any more.</p>, confirm: "Delete the alert", danger: true }))) return;
  const { response } = await api.GET("/v1/alerts/{alert_id}", { params: { path: { alert_id: alert.id } } });
  const version = Number((response.headers.get("etag") ?? "").replaceAll('"', ""));
  await told(api.DELETE("/v1/alerts/{alert_id}", { params: { path: { alert_id: alert.id }, header: ifMatch(version) } }));
  await invalidate("alerts");
  say(`${alert.name} is deleted`);
}
