/** A new key for a user: its role, what it is narrowed down to, and how long it is valid. It is shown once. */
import { useState } from "preact/hooks";
import { api, told } from "../api/client";
import { asProblem } from "../api/problem";
import { invalidate } from "../api/query";
import type { Fault, Role, Scope, User } from "../api/types";
import { PlainField } from "../forms/plain-field";
import { faultsAt } from "../forms/schema-form";
import { tell } from "../ui/dialog";
import { FormDialog } from "../ui/form-dialog";
import { words } from "../ui/format";
import { Icon } from "../ui/icons";
import { complain, say } from "../ui/toasts";

const ROLES: Role[] = ["viewer", "editor", "admin"];
const SCOPES: [Scope, string][] = [
  ["read", "look"],
  ["configure", "change drafts"],
  ["publish", "publish and revert"],
  ["operate", "switch, pause, replay"],
  ["administer", "users and keys"],
];
const DAYS: [string, string][] = [
  ["", "for ever"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
];

export function NewKey({ user, close }: { user: User; close: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [days, setDays] = useState("");
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const params = { path: { user_id: user.id } };
      const made = await told(api.POST("/v1/users/{user_id}/api-keys", { params, body: { name, role, scopes: scopes.length > 0 ? [...scopes] : null, expires_at: expiryOf(days) } }));
      await invalidate("api-keys");
      close();
      await tell({ title: "The new key", body: <NewKeyText text={made.api_key} />, confirm: "I have kept it" });
    } catch (error) {
      setFaults(asProblem(error).faults);
      complain(error);
    }
  };
  return (
    <FormDialog title={`New key for ${user.name}`} close={close} submit={submit} confirm="Make the key" disabled={name.trim() === ""}>
      <PlainField title="Name" help="What it is for." isRequired autoFocus value={name} change={setName} faults={faultsAt(faults, "/name")} />
      <label class="field">
        <span class="field-label">Role</span>
        <select value={role} onChange={(event) => setRole(event.currentTarget.value as Role)}>
          {ROLES.map((one) => (
            <option key={one} value={one}>
              {words(one)}
            </option>
          ))}
        </select>
        <span class="field-help">Viewers read, editors change and publish, admins also manage users and keys.</span>
      </label>
      <fieldset class="field">
        <legend class="field-label">Narrowed down to</legend>
        <div class="choices">
          {SCOPES.map(([scope, about]) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={() => setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope])}
              />
              {words(scope)} <span class="quiet">({about})</span>
            </label>
          ))}
        </div>
        <span class="field-help">Within its role; with none chosen, everything that the role may.</span>
      </fieldset>
      <label class="field">
        <span class="field-label">Valid</span>
        <select value={days} onChange={(event) => setDays(event.currentTarget.value)}>
          {DAYS.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </FormDialog>
  );
}

function expiryOf(days: string): string | null {
  return days === "" ? null : new Date(Date.now() + Number(days) * 24 * 3600 * 1000).toISOString();
}

function NewKeyText({ text }: { text: string }) {
  const copy = () => void navigator.clipboard.writeText(text).then(() => say("Copied"), complain);
  return (
    <>
      <p>It is shown now and never again.</p>
      <p class="new-key">
        <code>{text}</code>
        <button type="button" class="icon-button" aria-label="Copy the key" onClick={copy}>
          <Icon name="copy" />
        </button>
      </p>
    </>
  );
}
