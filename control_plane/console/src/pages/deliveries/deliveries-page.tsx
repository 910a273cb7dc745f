/** Recent deliveries, newest first: what became of each, and on a click what was asked and answered. */
import { useEffect, useState } from "preact/hooks";
import { api, told } from "../../api/client";
import type { Delivery } from "../../api/types";
import { setQueryParameters, useQueryParameter } from "../../routing/location";
import { count, plural } from "../../ui/format";
import { Icon } from "../../ui/icons";
import { Empty, Page } from "../../ui/page";
import { Shown } from "../../ui/shown";
import { useTail } from "../../ui/tail";
import { EndOfList } from "../../ui/virtual-rows";
import { DeliveryDrawer } from "./delivery-drawer";
import { DeliveryTable } from "./delivery-table";
import { DeliveryFilters, useDeliveryFilter } from "./filters";

const LIMIT = 100;
const TAIL_MS = 2000;
const SCROLLED_PX = 300;

export function DeliveriesPage() {
  const filter = useDeliveryFilter();
  const [isFollowing, setFollowing] = useState(true);
  const [shownId] = useQueryParameter("delivery");
  const isScrolled = useIsScrolled();
  const tail = useTail<Delivery>({
    key: `deliveries/${JSON.stringify(filter)}`,
    read: (cursor) => told(api.GET("/v1/deliveries", { params: { query: { ...filter, limit: LIMIT, cursor } } })),
    every: TAIL_MS,
    idOf: (one) => one.delivery_id,
    newsOf: (one) => `${one.delivery_id} ${one.at}`,
    isHeld: !isFollowing || isScrolled,
  });
  const showNewer = () => {
    tail.release();
    window.scrollTo(0, 0);
  };
  return (
    <Page
      title="Deliveries"
      buttons={
        <>
          <a class="button" href="/trace">
            <Icon name="search" /> Trace an event
          </a>
          <button type="button" aria-pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
            <Icon name={isFollowing ? "paused" : "play"} /> {isFollowing ? "Pause" : "Follow live"}
          </button>
        </>
      }
    >
      <DeliveryFilters filter={filter} />
      {filter.profile_id && (
        <p>
          <a href={`/trace?id=${encodeURIComponent(filter.profile_id)}`}>What happened to this profile, stage by stage</a>
        </p>
      )}
      <p class="tail-state">
        <TailState isFollowing={isFollowing && !isScrolled} shown={tail.items.length} hasOlder={tail.older !== null} />
        {tail.newer > 0 && (
          <button type="button" class="small newer" onClick={showNewer}>
            Show {plural(tail.newer, "newer delivery", "newer deliveries")}
          </button>
        )}
      </p>
      <Shown query={tail.first} rows={10}>
        {() =>
          tail.items.length === 0 ? (
            <Empty title="No delivery to show">
              <p>Failed attempts are all kept for some days; of those that went well, a sample.</p>
            </Empty>
          ) : (
            <DeliveryTable deliveries={tail.items} hasOlder={tail.older !== null} />
          )
        }
      </Shown>
      {tail.older && <EndOfList key={tail.items.length} reach={tail.older} />}
      {shownId && <DeliveryDrawer id={shownId} close={() => setQueryParameters({ delivery: "" })} />}
    </Page>
  );
}

function TailState({ isFollowing, shown, hasOlder }: { isFollowing: boolean; shown: number; hasOlder: boolean }) {
  return (
    <span class="quiet" role="status">
      {isFollowing ? <span class="live-dot" aria-hidden="true" /> : null}
      {isFollowing ? "Live: new deliveries appear by themselves. " : "Held: nothing moves. "}
      {shown > 0 && `${count(shown)} shown${hasOlder ? ", older ones follow as you scroll" : ""}.`}
    </span>
  );
}

/** Whoever has scrolled down reads: rows must not move then. */
function useIsScrolled(): boolean {
  const [isScrolled, setScrolled] = useState(false);
  useEffect(() => {
    const look = () => setScrolled(window.scrollY > SCROLLED_PX);
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  return isScrolled;
}
