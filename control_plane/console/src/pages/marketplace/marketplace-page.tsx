import { useConnectorType, useConnectorTypes } from "../../api/queries";
import type { ConnectorTypeSummary } from "../../api/types";
import { navigate, setQueryParameters, useQueryParameter } from "../../routing/location";
import type { Parameters } from "../../routing/routes";
import { words } from "../../ui/format";
import { Highlighted } from "../../ui/highlighted";
import { Icon } from "../../ui/icons";
import { Page } from "../../ui/page";
import { Prose } from "../../ui/prose";
import { useMay } from "../../ui/permission";
import { SearchBox } from "../../ui/search-box";
import { Shown } from "../../ui/shown";
import { TypeMark } from "../../ui/type-mark";
import { ConnectorSummary } from "./connector-summary";

const DATA_TYPES = ["audience", "journey", "event"];

export function MarketplacePage({ parameters }: { parameters: Parameters }) {
  const types = useConnectorTypes();
  const [text, setText] = useQueryParameter("q");
  const [dataType] = useQueryParameter("data");
  const [delivers] = useQueryParameter("delivers");
  return (
    <Page
      title="Marketplace"
      buttons={
        <>
          <a class="button" href="/tags">
            Tag container
          </a>
          <a class="button" href="/custom-types">
            Custom types
          </a>
        </>
      }
    >
      <div class="toolbar">
        <SearchBox label="Search partner or action" value={text} change={setText} />
        <div class="filters" role="group" aria-label="Filters">
          {DATA_TYPES.map((name) => (
            <FilterChip key={name} parameter="data" name={name} chosen={dataType} label={`${words(name)}s`} />
          ))}
          <FilterChip parameter="delivers" name="server" chosen={delivers} label="Server to server" />
          <FilterChip parameter="delivers" name="tag" chosen={delivers} label="Tag" />
        </div>
      </div>
      <Shown query={types} rows={6}>
        {(data) => {
          const shown = data.filter((type) => fits(type, text, dataType, delivers)).sort((one, other) => one.label.localeCompare(other.label));
          return (
            <div class={parameters.type ? "beside" : ""}>
              <Cards types={shown} chosen={parameters.type ?? ""} text={text} />
              {parameters.type && <SummaryPanel type={parameters.type} />}
            </div>
          );
        }}
      </Shown>
    </Page>
  );
}

function fits(type: ConnectorTypeSummary, text: string, dataType: string, delivers: string): boolean {
  const haystack = [type.label, type.key, ...type.actions].join("\n").toLowerCase();
  return (
    text.toLowerCase().split(/\s+/).every((word) => haystack.includes(word)) &&
    (dataType === "" || type.data_types.includes(dataType)) &&
    (delivers === "" || type.delivers === delivers)
  );
}

function FilterChip({ parameter, name, chosen, label }: { parameter: string; name: string; chosen: string; label: string }) {
  return (
    <button type="button" class="filter" aria-pressed={chosen === name} onClick={() => setQueryParameters({ [parameter]: chosen === name ? "" : name })}>
      {label}
    </button>
  );
}

function Cards({ types, chosen, text }: { types: ConnectorTypeSummary[]; chosen: string; text: string }) {
  if (types.length === 0) return <p class="empty">No connector type matches.</p>;
  const query = window.location.search;
  return (
    <ul class="cards">
      {types.map((type) => (
        <li key={type.key}>
          <a class="card" href={`/marketplace/${type.key}${query}`} aria-current={type.key === chosen ? "true" : undefined}>
            <span class="card-head">
              <TypeMark type={type.key} label={type.label} />
              <strong>
                <Highlighted text={type.label} search={text} />
              </strong>
            </span>
            <span class="card-text"><Prose text={type.description} /></span>
            <span class="card-foot quiet">
              {type.data_types.map(words).join(" · ")}
              {type.delivers === "tag" && " · Fires in the browser"}
              {type.key.startsWith("custom:") && " · Custom"}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}

function SummaryPanel({ type }: { type: string }) {
  const mayEdit = useMay("editor");
  const query = useConnectorType(type);
  return (
    <aside class="panel summary" aria-label="Connector summary">
      <button type="button" class="icon-button close" aria-label="Close the summary" onClick={() => void navigate(`/marketplace${window.location.search}`)}>
        <Icon name="close" />
      </button>
      <Shown query={query} rows={8}>
        {(data) => (
          <>
            <h2>{data.label}</h2>
            {mayEdit && (
              <a class="button primary" href={`/marketplace/${data.key}/new`}>
                <Icon name="plus" /> New connector
              </a>
            )}
            <ConnectorSummary type={data} />
          </>
        )}
      </Shown>
    </aside>
  );
}
