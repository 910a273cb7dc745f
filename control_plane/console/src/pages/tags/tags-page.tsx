/** The container script of the workspace: how pages load it, what they have to allow, and which tags are in it. */
import { api, told } from "../../api/client";
import { useQuery } from "../../api/query";
import type { TagContainer } from "../../api/types";
import { words } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty, Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { Table } from "../../ui/table";
import { complain, say } from "../../ui/toasts";

export function TagsPage() {
  const container = useQuery("tags", () => told(api.GET("/v1/tags")), 5000);
  return (
    <Page title="Tag container" above={{ label: "Marketplace", href: "/marketplace" }}>
      <Shown query={container}>{(data) => <ContainerShown container={data} />}</Shown>
    </Page>
  );
}

function ContainerShown({ container }: { container: TagContainer }) {
  const allowed = Object.entries(container.policy).flatMap(([directive, hosts]) => (hosts.length > 0 ? [`${directive} ${hosts.join(" ")};`] : []));
  return (
    <>
      <p class="facts">
        Version <code>{container.version}</code> · integrity <code>{container.integrity}</code>
      </p>
      {container.broken.length > 0 && (
        <p class="note bad" role="alert">
          Left out, because they cannot be built: {container.broken.join(", ")}.
        </p>
      )}
      <Copied title="On every page" text={container.snippet} help="With the page's own values: the visitor's memberships and consent." />
      {allowed.length > 0 && <Copied title="Content security policy" text={allowed.join("\n")} help="What a page with a policy has to allow." />}
      <Copied title="Address that never changes" text={container.versioned_path} help="With the integrity above; gone when something else is published." />
      <TagTable container={container} />
    </>
  );
}

function Copied({ title, text, help }: { title: string; text: string; help: string }) {
  const copy = () => void navigator.clipboard.writeText(text).then(() => say("Copied"), complain);
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>{title}</h2>
        <button type="button" class="small" onClick={copy}>
          <Icon name="copy" /> Copy<span class="visually-hidden"> {title.toLowerCase()}</span>
        </button>
      </div>
      <p class="quiet">{help}</p>
      <pre class="wire" tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </section>
  );
}

function TagTable({ container }: { container: TagContainer }) {
  if (container.tags.length === 0) {
    return (
      <Empty title="No tag is published">
        <p>
          Make a <a href="/marketplace/tag">tag connector</a>, attach its action to an audience or a journey, publish and activate both.
        </p>
      </Empty>
    );
  }
  return (
    <Table heads={["Tag", "Kind", "Fires", "For", "Consent"]}>
      {container.tags.map((tag) => (
        <tr key={tag.action_id}>
          <td class="main-cell">
            <a href={`/actions/${tag.action_id}`}>{tag.url}</a>
          </td>
          <td data-label="Kind">{words(tag.kind)}</td>
          <td data-label="Fires">{words(tag.fires)}</td>
          <td data-label="For">{tag.memberships.join(", ")}</td>
          <td data-label="Consent">{tag.consent.join(", ") || <span class="quiet">none needed</span>}</td>
        </tr>
      ))}
    </Table>
  );
}
