/** The frame around every page, and which page an address means. */
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { useMe } from "./api/queries";
import { forgetEverything } from "./api/query";
import { resume, session } from "./api/session";
import { ActionPage } from "./pages/action/action-page";
import { NewActionPage } from "./pages/action/new-action-page";
import { AlertsPage } from "./pages/alerts/alerts-page";
import { AuditPage } from "./pages/audit-page";
import { ConnectorPage } from "./pages/connector/connector-page";
import { ConnectorsPage } from "./pages/connectors/connectors-page";
import { CustomTypePage } from "./pages/custom-types/custom-type-page";
import { CustomTypesPage } from "./pages/custom-types/custom-types-page";
import { NewCustomTypePage } from "./pages/custom-types/new-custom-type-page";
import { DeadLettersPage } from "./pages/dead-letters/dead-letters-page";
import { DeliveriesPage } from "./pages/deliveries/deliveries-page";
import { MarketplacePage } from "./pages/marketplace/marketplace-page";
import { NewConnectorPage } from "./pages/marketplace/new-connector-page";
import { NotFoundPage } from "./pages/not-found-page";
import { SignInPage } from "./pages/sign-in-page";
import { SourcePage } from "./pages/sources/source-page";
import { SourcesPage } from "./pages/sources/sources-page";
import { TracePage } from "./pages/trace/trace-page";
import { TagsPage } from "./pages/tags/tags-page";
import { UsersPage } from "./pages/users-page";
import { WorkersPage } from "./pages/workers-page";
import { usePlace } from "./routing/location";
import { matchPath, type Parameters } from "./routing/routes";
import { AskedQuestion } from "./ui/dialog";
import { Navigation } from "./ui/navigation";
import { ProblemPanel } from "./ui/problem-panel";
import { Shortcuts } from "./ui/shortcuts";
import { useStore } from "./ui/store";
import { Toasts } from "./ui/toasts";

type PageOf = ComponentType<{ parameters: Parameters }>;

const ROUTES: [string, PageOf][] = [
  ["", ConnectorsPage],
  ["/connectors", ConnectorsPage],
  ["/connectors/:id", ConnectorPage],
  ["/connectors/:id/new-action", NewActionPage],
  ["/actions/:id", ActionPage],
  ["/marketplace", MarketplacePage],
  ["/marketplace/:type", MarketplacePage],
  ["/marketplace/:type/new", NewConnectorPage],
  ["/custom-types", CustomTypesPage],
  ["/custom-types/new", NewCustomTypePage],
  ["/custom-types/:id", CustomTypePage],
  ["/tags", TagsPage],
  ["/sources/:kind", SourcesPage],
  ["/sources/:kind/:id", SourcePage],
  ["/deliveries", DeliveriesPage],
  ["/trace", TracePage],
  ["/dead-letters", DeadLettersPage],
  ["/alerts", AlertsPage],
  ["/workers", WorkersPage],
  ["/audit", AuditPage],
  ["/users", UsersPage],
];

export function App() {
  const state = useStore(session);
  useEffect(() => void resume(), []);
  useEffect(() => {
    if (state === "out") forgetEverything();
  }, [state]);
  return (
    <>
      {state === "in" && <SignedIn />}
      {state === "out" && <SignInPage />}
      <AskedQuestion />
      <Toasts />
    </>
  );
}

function SignedIn() {
  const me = useMe();
  const { path } = usePlace();
  return (
    <div class="frame">
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <Shortcuts />
      <Navigation me={me.data} path={path} />
      <main id="main" tabIndex={-1}>
        {me.data === undefined && me.problem ? <ProblemPanel problem={me.problem} retry={me.refresh} /> : <Routed path={path} />}
      </main>
    </div>
  );
}

function Routed({ path }: { path: string }) {
  for (const [pattern, Shown] of ROUTES) {
    const parameters = matchPath(pattern, path);
    if (parameters !== null) return <Shown key={`${pattern}${JSON.stringify(parameters)}`} parameters={parameters} />;
  }
  return <NotFoundPage />;
}
