import { useConnectors, useWorkers } from "../api/queries";
import type { Worker } from "../api/types";
import { count, plural } from "../ui/format";
import { Empty, Page } from "../ui/page";
import { Shown } from "../ui/shown";
import { Table } from "../ui/table";
import { Time } from "../ui/time";

export function WorkersPage() {
  const workers = useWorkers();
  return (
    <Page title="Workers">
      <Shown query={workers}>
        {(data) =>
          data.length === 0 ? (
            <Empty title="No live worker">
              <p>
                Nothing is delivered now; events wait in Kafka. Start one with <code>patchbay worker</code>.
              </p>
            </Empty>
          ) : (
            <div class="stack">
              {data.map((worker) => (
                <WorkerPanel key={worker.worker_id} worker={worker} />
              ))}
            </div>
          )
        }
      </Shown>
    </Page>
  );
}

function WorkerPanel({ worker }: { worker: Worker }) {
  const names = new Map((useConnectors().data ?? []).map((connector) => [connector.id, connector.name]));
  const connectors = Object.entries(worker.connectors);
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>
          <code>{worker.worker_id}</code>
        </h2>
        <span class="quiet">
          seen <Time at={worker.at} />, started <Time at={worker.started_at} />
        </span>
      </div>
      <dl class="numbers">
        <div>
          <dt>Partitions</dt>
          <dd class="small-number">{worker.partitions.length === 0 ? "none" : worker.partitions.join(", ")}</dd>
        </div>
        <div>
          <dt>In flight</dt>
          <dd>{count(worker.in_flight)}</dd>
        </div>
        <div>
          <dt>Pending</dt>
          <dd>{count(worker.pending_rows)}</dd>
        </div>
        <div>
          <dt>Config position</dt>
          <dd>{count(worker.config_position)}</dd>
        </div>
      </dl>
      {connectors.length > 0 && (
        <details>
          <summary>{plural(connectors.length, "connector")}</summary>
          <Table heads={["Connector", "Breaker", "Credentials", { numeric: "In flight" }, { numeric: "Pending" }]}>
            {connectors.map(([id, health]) => (
              <tr key={id}>
                <td>
                  <a href={`/connectors/${id}`}>{names.get(id) ?? id}</a>
                </td>
                <td data-label="Breaker">
                  {health.breaker} <span class="quiet">{health.reason}</span>
                </td>
                <td data-label="Credentials">{health.credentials_refused ? <span class="chip bad">refused</span> : "fine"}</td>
                <td class="numeric" data-label="In flight">{count(health.in_flight)}</td>
                <td class="numeric" data-label="Pending">{count(health.pending)}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </section>
  );
}
