/** Users and the keys that they sign in with. A new key is shown once. */
import { useState } from "preact/hooks";
import { allPages, api, idempotencyKey, told } from "../api/client";
import { useMe, useUserNames, useUsers } from "../api/queries";
import { invalidate, useQuery } from "../api/query";
import type { ApiKey, User } from "../api/types";
import { PlainField } from "../forms/plain-field";
import { ask } from "../ui/dialog";
import { FormDialog } from "../ui/form-dialog";
import { words } from "../ui/format";
import { Icon } from "../ui/icons";
import { NewButton } from "../ui/new-button";
import { Empty, Page } from "../ui/page";
import { useMay } from "../ui/permission";
import { Shown } from "../ui/shown";
import { Table } from "../ui/table";
import { Time } from "../ui/time";
import { complain, say } from "../ui/toasts";
import { NewKey } from "./new-key";

export function UsersPage() {
  const isAdmin = useMay("admin");
  const users = useUsers();
  return (
    <Page
      title="Users and keys"
      buttons={isAdmin && <NewButton label="New user">{(close) => <NewUser close={close} />}</NewButton>}
    >
      <Shown query={users}>
        {(data) => (
          <div class="stack">
            {data.map((user) => (
              <UserPanel key={user.id} user={user} isAdmin={isAdmin} />
            ))}
          </div>
        )}
      </Shown>
    </Page>
  );
}

function useKeys() {
  return useQuery("api-keys", () => allPages((cursor) => told(api.GET("/v1/api-keys", { params: { query: { limit: 500, cursor } } }))));
}

function UserPanel({ user, isAdmin }: { user: User; isAdmin: boolean }) {
  const keys = useKeys();
  const [isNew, setNew] = useState(false);
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>
          {user.name} <span class="quiet">{user.email}</span>
        </h2>
        {isAdmin && (
          <button type="button" onClick={() => setNew(true)}>
            New key<span class="visually-hidden"> for {user.name}</span>
          </button>
        )}
      </div>
      <Shown query={keys} rows={2}>
        {(data) => <KeyTable keys={data.filter((key) => key.user_id === user.id)} isAdmin={isAdmin} />}
      </Shown>
      {isNew && <NewKey user={user} close={() => setNew(false)} />}
    </section>
  );
}

function KeyTable({ keys, isAdmin }: { keys: ApiKey[]; isAdmin: boolean }) {
  const mine = useMe().data?.key_id;
  const nameOf = useUserNames();
  if (keys.length === 0) return <Empty title="No keys" />;
  return (
    <Table heads={["Key", "Role", "Made", "State", isAdmin && "Revoke"]}>
      {keys.map((key) => (
        <tr key={key.id}>
          <td class="main-cell">
            <div>
              <span>
                {key.name} {key.id === mine && <span class="chip info">this session</span>}
              </span>
              <code class="quiet">{key.prefix}…</code>
            </div>
          </td>
          <td data-label="Role">
            {words(key.role)}
            {key.scopes && <span class="quiet"> {key.scopes.join(", ")} only</span>}
          </td>
          <td data-label="Made">
            <Time at={key.created_at} /> <span class="quiet">by {nameOf(key.created_by)}</span>
          </td>
          <td data-label="State">
            <KeyState apiKey={key} />
          </td>
          {isAdmin && (
            <td>
              {key.revoked_at === null && (
                <button type="button" class="small danger-quiet" onClick={() => void revoke(key).catch(complain)}>
                  Revoke<span class="visually-hidden"> {key.name}</span>
                </button>
              )}
            </td>
          )}
        </tr>
      ))}
    </Table>
  );
}

function KeyState({ apiKey }: { apiKey: ApiKey }) {
  if (apiKey.revoked_at !== null) {
    return (
      <span class="chip muted">
        <Icon name="off" /> revoked <Time at={apiKey.revoked_at} />
      </span>
    );
  }
  return (
    <>
      <span class="chip good">
        <Icon name="active" /> valid
      </span>
      {apiKey.expires_at !== null && (
        <span class="quiet">
          until <Time at={apiKey.expires_at} />
        </span>
      )}
    </>
  );
}

async function revoke(key: ApiKey): Promise<void> {
  const isSure = await ask({
    title: `Revoke ${key.name}?`,
    body: <p>Whoever uses this key is refused from now on. This cannot be undone.</p>,
    confirm: "Revoke the key",
    danger: true,
  });
  if (!isSure) return;
  await told(api.DELETE("/v1/api-keys/{key_id}", { params: { path: { key_id: key.id } } }));
  await invalidate("api-keys");
  say(`${key.name} is revoked`);
}

function NewUser({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await told(api.POST("/v1/users", { params: { header: idempotencyKey() }, body: { name, email: email.trim() || null } }));
      await invalidate("users");
      close();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <FormDialog title="New user" close={close} submit={submit} confirm="Create" disabled={name.trim() === ""}>
      <PlainField title="Name" help="A person, or a program." isRequired autoFocus value={name} change={setName} />
      <PlainField title="E-mail" type="email" value={email} change={setEmail} />
    </FormDialog>
  );
}
