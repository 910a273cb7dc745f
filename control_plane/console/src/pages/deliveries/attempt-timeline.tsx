/** Attempts on a line, from the first to the last: why, when, how long, what was said, and what comes next. */
import type { ComponentChildren } from "preact";
import type { Attempt, PartnerRequest } from "../../api/types";
import { RequestShown, Wire } from "../../exchanges";
import { outcomeLabel } from "../../outcomes";
import { words } from "../../ui/format";
import { Time } from "../../ui/time";

export function AttemptTimeline({ attempts, isRedacted }: { attempts: readonly Attempt[]; isRedacted: boolean }) {
  return (
    <>
      {isRedacted && <p class="quiet">Requests and responses hold values of profiles, which editors and admins see.</p>}
      <ol class="timeline">
        {attempts.map((attempt, index) => (
          <AttemptShown key={attempt.id} attempt={attempt}>
            {!isRedacted && <ExchangeShown attempt={attempt} isOpen={index === attempts.length - 1} />}
          </AttemptShown>
        ))}
      </ol>
    </>
  );
}

function AttemptShown({ attempt, children }: { attempt: Attempt; children: ComponentChildren }) {
  return (
    <li class={attempt.outcome}>
      <h4>
        Attempt {attempt.attempt}: {outcomeLabel(attempt.outcome)} <span class="chip muted">{words(attempt.verdict)}</span>{" "}
        <span class="chip muted">{attempt.trigger === "replay" ? `replay ${attempt.run}` : "by the event"}</span>
      </h4>
      <p class="quiet">
        <Time at={attempt.at} /> · {attempt.latency_ms} ms
        {attempt.http_status && ` · HTTP ${attempt.http_status}`}
        {attempt.partner_code && attempt.partner_code !== String(attempt.http_status) && ` · code ${attempt.partner_code}`}
        {attempt.reason && ` · ${words(attempt.reason)}`}
        {attempt.rows > 1 && ` · with ${attempt.rows - 1} others in one request`}
        {` · version ${attempt.config_version}`}
      </p>
      {attempt.detail && <p>{attempt.detail}</p>}
      {attempt.next_attempt_at && (
        <p class="waiting">
          Next attempt <Time at={attempt.next_attempt_at} />
        </p>
      )}
      {children}
    </li>
  );
}

function ExchangeShown({ attempt, isOpen }: { attempt: Attempt; isOpen: boolean }) {
  const request = requestOf(attempt);
  return (
    <details open={isOpen}>
      <summary>Request and response</summary>
      {request === null ? <p class="quiet">No request was made.</p> : <RequestShown request={request} of={` of attempt ${attempt.attempt}`} />}
      <Answer attempt={attempt} />
    </details>
  );
}

function Answer({ attempt }: { attempt: Attempt }) {
  const { error, detail, status, headers, body, truncated } = (attempt.response ?? {}) as Record<string, unknown>;
  if (attempt.response == null) return <p class="quiet">No response was kept.</p>;
  return (
    <>
      <p class="wire-line">
        {error ? (
          <>
            <strong>{words(String(error))}</strong> {String(detail ?? "")}
          </>
        ) : (
          <strong>HTTP {String(status)}</strong>
        )}{" "}
        <span class="quiet">after {attempt.latency_ms} ms</span>
      </p>
      <Wire headers={(headers ?? {}) as Record<string, string>} body={String(body ?? "")} label="Response" of={` of attempt ${attempt.attempt}`} />
      {truncated === true && <p class="quiet">Only the beginning of the answer was read.</p>}
    </>
  );
}

/** The request of an attempt, as far as it was kept. */
export function requestOf(attempt: Attempt): PartnerRequest | null {
  const { method, url, headers, body } = (attempt.request ?? {}) as Partial<PartnerRequest>;
  if (method === undefined || url === undefined) return null;
  return { method, url, headers: headers ?? {}, body: body ?? "" };
}
