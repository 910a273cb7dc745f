import { api, told } from "../../api/client";
import { invalidate } from "../../api/query";
import { Icon } from "../../ui/icons";
import { complain } from "../../ui/toasts";

/** A favourite of this user. */
export function Star({ id, name, isFavourite }: { id: string; name: string; isFavourite: boolean }) {
  const toggle = async () => {
    const params = { path: { connector_id: id } };
    const path = "/v1/connectors/{connector_id}/favourite";
    await told(isFavourite ? api.DELETE(path, { params }) : api.PUT(path, { params }));
    await invalidate("connectors");
  };
  return (
    <button type="button" class="icon-button star" aria-pressed={isFavourite} aria-label={`Favourite: ${name}`} onClick={() => void toggle().catch(complain)}>
      <Icon name="star" />
    </button>
  );
}
