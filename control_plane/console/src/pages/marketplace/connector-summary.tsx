import type { ConnectorType } from "../../api/types";
import { words } from "../../ui/format";
import { Prose } from "../../ui/prose";

/** What to know of a connector type before connecting it. */
export function ConnectorSummary({ type }: { type: ConnectorType }) {
  return (
    <div class="summary-text">
      <p>
        <Prose text={type.description} />
      </p>
      <dl class="pairs">
        <dt>Data</dt>
        <dd>{type.data_types.map(words).join(", ")}</dd>
        <dt>Delivered by</dt>
        <dd>{type.delivers === "server" ? "Server to server" : words(type.delivers)}</dd>
        <dt>Several accounts</dt>
        <dd>{type.several ? "Yes, one connector each" : "No, one connector per workspace"}</dd>
        <dt>Partner type</dt>
        <dd>
          {type.partner_type.number}
          {type.partner_type.identifiers.length > 0 && (
            <>
              , reads <code>{type.partner_type.identifiers.join(", ")}</code>
            </>
          )}
        </dd>
        <dt>Version of the API</dt>
        <dd>{type.api_version}</dd>
      </dl>
      <Points title="Requirements" points={type.requirements} />
      <Points title="Before you begin" points={type.prerequisites} />
      <h3>Actions</h3>
      <ul class="action-types">
        {type.action_types.map((action) => (
          <li key={action.key}>
            <strong>{action.label}</strong>
            {action.batches && <span class="chip muted">batched</span>}
            <p>
              <Prose text={action.description} />
            </p>
            <p class="quiet">On {action.on.join(", ")}</p>
          </li>
        ))}
      </ul>
      <Points title="Not verified with the partner" points={type.unverified} />
      {type.resources.length > 0 && (
        <>
          <h3>Resources</h3>
          <ul>
            {type.resources.map((link) => (
              <li key={link.url}>
                <a href={link.url} target="_blank" rel="noreferrer">
                  {link.label}
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function Points({ title, points }: { title: string; points: readonly string[] }) {
  if (points.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {points.map((point) => (
          <li key={point}>
            <Prose text={point} />
          </li>
        ))}
      </ul>
    </>
  );
}
