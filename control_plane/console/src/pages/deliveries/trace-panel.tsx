import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import { useConnectorNames } from "../../names";
import { outcomeLabel } from "../../outcomes";
import { words } from "../../ui/format";
import { Shown } from "../../ui/shown";
import { Time } from "../../ui/time";

const STAGES: Record<string, string> = {
  refused: "Refused",
  attempted: "Attempted",
  ended: "Ended",
  dead_letter: "Became a dead letter",
};

/** What happened to one profile, at each stage. */
export function TracePanel({ profileId }: { profileId: string }) {
  const nameOf = useConnectorNames();
  const trace = useQuery(`trace/${profileId}`, () => told(api.GET("/v1/trace", { params: { query: { profile_id: profileId } } })), 5000);
  return (
    <section class="panel">
      <h2>
        Trace of <code>{profileId}</code>
      </h2>
      <Shown query={trace}>
        {(data) =>
          data.steps.length === 0 ? (
            <p class="quiet">Nothing is kept of this profile.</p>
          ) : (
            <ol class="trace">
              {data.steps.map((step, index) => (
                <li key={index}>
                  <Time at={step.at} /> <strong>{STAGES[step.stage] ?? words(step.stage)}</strong>
                  {step.connector_id && (
                    <>
                      {" "}
                      by <a href={`/connectors/${step.connector_id}`}>{nameOf(step.connector_id)}</a>
                    </>
                  )}
                  {step.outcome && <>: {outcomeLabel(step.outcome)}</>}
                  {step.partner_code && (
                    <>
                      {" "}
                      <code>{step.partner_code}</code>
                    </>
                  )}{" "}
                  <span class="quiet">{step.detail ?? step.reason}</span>
                </li>
              ))}
            </ol>
          )
        }
      </Shown>
    </section>
  );
}
