/** Requests and answers as they went over the wire, secrets masked. */
import type { Exchange, PartnerRequest } from "./api/types";
import { words } from "./ui/format";

export function ExchangeList({ exchanges }: { exchanges: readonly Exchange[] }) {
  return (
    <ol class="exchanges">
      {exchanges.map((exchange, index) => (
        <li key={index}>
          <h3>
            {words(exchange.step)} <span class={`chip ${exchange.verdict.good ? "good" : "bad"}`}>{words(exchange.verdict.verdict)}</span>
          </h3>
          {!exchange.verdict.good && (
            <p>
              {exchange.verdict.advice}{" "}
              {exchange.verdict.documentation && (
                <a href={exchange.verdict.documentation} target="_blank" rel="noreferrer">
                  {exchange.verdict.partner_code ?? "Partner's documentation"}
                </a>
              )}
            </p>
          )}
          <RequestShown request={exchange.request} />
          <p class="wire-line">
            {exchange.answer.error ? (
              <>
                <strong>{words(exchange.answer.error)}</strong> {exchange.answer.detail}
              </>
            ) : (
              <strong>HTTP {exchange.answer.status}</strong>
            )}{" "}
            <span class="quiet">after {exchange.answer.duration_ms ?? 0} ms</span>
          </p>
          <Wire headers={exchange.answer.headers ?? {}} body={exchange.answer.body ?? ""} label="Answer" />
        </li>
      ))}
    </ol>
  );
}

export function RequestShown({ request, of = "" }: { request: PartnerRequest; of?: string }) {
  return (
    <>
      <p class="wire-line">
        <strong>{request.method}</strong> <code>{request.url}</code>
      </p>
      <Wire headers={request.headers} body={request.body} label="Request" of={of} />
    </>
  );
}

interface WireProps {
  headers: Record<string, string>;
  body: string;
  label: string;
  /** Which one of several, for whoever hears the page. */
  of?: string;
}

export function Wire({ headers, body, label, of = "" }: WireProps) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <>
      {lines.length > 0 && (
        <details class="wire-headers">
          <summary>{label} headers</summary>
          <pre class="wire" tabIndex={0} aria-label={`${label}${of} headers`}>
            {lines.join("\n")}
          </pre>
        </details>
      )}
      {body && (
        <pre class="wire" tabIndex={0} aria-label={`${label}${of} body`}>
          {pretty(body)}
        </pre>
      )}
    </>
  );
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
