import { useStatistics } from "../../api/queries";
import type { Connector, ConnectorStatistics } from "../../api/types";
import { StatisticsPanel } from "../../chart/statistics-panel";
import { useWindow } from "../../chart/window";
import { count } from "../../ui/format";

export function StatisticsTab({ connector }: { connector: Connector }) {
  const [window] = useWindow();
  const counted = useStatistics({ window, connectorId: connector.id }).data?.connectors[0];
  return (
    <>
      <StatisticsPanel connectorId={connector.id} />
      {counted && counted.partner_codes.length > 0 && <PartnerCodes connector={connector} codes={counted.partner_codes} />}
    </>
  );
}

export function PartnerCodes({ connector, codes }: { connector: Connector; codes: ConnectorStatistics["partner_codes"] }) {
  return (
    <section class="panel">
      <h2>What the partner said</h2>
      <div class="table-frame">
        <table class="rows plain">
          <thead>
            <tr>
              <th>Code</th>
              <th class="numeric">Errors</th>
              <th>Meaning</th>
              <th>More</th>
            </tr>
          </thead>
          <tbody>
            {codes.map((code) => (
              <tr key={code.code}>
                <td>
                  <a href={`/connectors/${connector.id}?tab=errors&code=${encodeURIComponent(code.code)}`}>
                    <code>{code.code}</code>
                  </a>
                </td>
                <td class="numeric">{count(code.count)}</td>
                <td>{code.meaning ?? <span class="quiet">Not in our list</span>}</td>
                <td>
                  {code.link && (
                    <a href={code.link} target="_blank" rel="noreferrer">
                      Partner's documentation
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
