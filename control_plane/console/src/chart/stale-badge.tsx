import { useFreshness } from "../api/queries";
import { Icon } from "../ui/icons";
import { Time } from "../ui/time";

/** Says so when what happened has not been counted yet. */
export function StaleBadge() {
  const freshness = useFreshness().data;
  if (freshness === undefined || !freshness.stale) return null;
  return (
    <p class="note warn stale-badge" role="status">
      <Icon name="failing" /> These figures lag behind: nothing since <Time at={freshness.waiting_since} /> is counted yet. Deliveries go on all the same.
    </p>
  );
}
