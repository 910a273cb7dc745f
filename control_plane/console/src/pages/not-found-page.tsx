import { Empty, Page } from "../ui/page";

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">
        <p>
          The address may be mistyped, or what it led to was deleted. <a href="/connectors">Go to the connectors</a>
        </p>
      </Empty>
    </Page>
  );
}
