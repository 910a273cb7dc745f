import { useState } from "preact/hooks";
import { api, idempotencyKey, told } from "../../api/client";
import { asProblem } from "../../api/problem";
import { useConnectors } from "../../api/queries";
import { invalidate } from "../../api/query";
import type { AlertCondition, Fault } from "../../api/types";
import { PlainField } from "../../forms/plain-field";
import { faultsAt } from "../../forms/schema-form";
import { FormDialog } from "../../ui/form-dialog";
import { complain } from "../../ui/toasts";
import { conditionOf, CONDITIONS } from "./conditions";

const NUMBERS: Partial<Record<AlertCondition["kind"], [string, number]>> = {
  error_rate: ["Percent", 5],
  nothing_sent: ["Hours", 24],
};

export function AlertDialog({ close }: { close: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<AlertCondition["kind"]>("credentials_refused");
  const [number, setNumber] = useState("");
  const [to, setTo] = useState("");
  const [connector, setConnector] = useState("");
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const connectors = useConnectors().data ?? [];
  const asked = NUMBERS[kind];
  const submit = async (event: Event) => {
    event.preventDefault();
    const channel = /^https?:/.test(to) ? { kind: "webhook" as const, url: to } : { kind: "email" as const, to: to.split(/[\s,]+/).filter(Boolean) };
    const condition = conditionOf(kind, Number(number || asked?.[1]));
    try {
      const body = { name, condition, channel, connector_id: connector || null, active: true };
      await told(api.POST("/v1/alerts", { params: { header: idempotencyKey() }, body }));
      await invalidate("alerts");
      close();
    } catch (error) {
      setFaults(asProblem(error).faults);
      complain(error);
    }
  };
  return (
    <FormDialog title="New alert" close={close} submit={submit} confirm="Create" disabled={name.trim() === "" || to.trim() === ""}>
      <PlainField title="Name" isRequired autoFocus value={name} change={setName} faults={faultsAt(faults, "/name")} />
      <label class="field">
        <span class="field-label">When</span>
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value as AlertCondition["kind"])}>
          {Object.entries(CONDITIONS).map(([key, label]) => (
            <option key={key} value={key}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {asked && <PlainField title={asked[0]} value={number} placeholder={String(asked[1])} change={setNumber} faults={faultsAt(faults, "/condition")} />}
      <label class="field">
        <span class="field-label">Connector</span>
        <select value={connector} onChange={(event) => setConnector(event.currentTarget.value)}>
          <option value="">Every connector</option>
          {connectors.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <PlainField title="Tell" help="The address of a webhook, or e-mail addresses." isRequired value={to} change={setTo} faults={faultsAt(faults, "/channel")} />
    </FormDialog>
  );
}
