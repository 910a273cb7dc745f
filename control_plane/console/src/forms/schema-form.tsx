/** A form from a JSON Schema: one field each, faults beside the field they belong to. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Fault } from "../api/types";
import { Prose } from "../ui/prose";
import { ListInput, MapInput } from "./collections";
import type { InputIds, SharedAttributes } from "./input-attributes";
import { JsonInput } from "./json-input";
import type { FormField } from "./schema";
import { SecretInput } from "./secret-input";

export type Values = Record<string, unknown>;

interface Props {
  fields: FormField[];
  values: Values;
  change: (values: Values) => void;
  secrets?: Record<string, string | null>;
  storedSecrets?: ReadonlySet<string>;
  changeSecrets?: (secrets: Record<string, string | null>) => void;
  faults: readonly Fault[];
  /** Where these fields stand in the request, such as `/settings`. */
  at: string;
  readOnly?: boolean;
  locked?: ReadonlyMap<string, string>;
}

export function SchemaForm({ fields, values, change, secrets = {}, storedSecrets, changeSecrets, faults, at, readOnly, locked }: Props) {
  const set = (name: string, value: unknown) => {
    const { [name]: _, ...others } = values;
    change(value === undefined ? others : { ...others, [name]: value });
  };
  return (
    <div class="form">
      {fields.map((field) =>
        field.isSecret ? (
          <FieldFrame key={field.name} field={field} faults={faultsAt(faults, `/secrets/${field.name}`)}>
            {(ids) => (
              <SecretInput
                ids={ids}
                isStored={storedSecrets?.has(field.name) ?? false}
                value={secrets[field.name]}
                readOnly={readOnly}
                change={(value) => changeSecrets?.(withEntry(secrets, field.name, value))}
              />
            )}
          </FieldFrame>
        ) : (
          <FieldFrame key={field.name} field={field} faults={faultsAt(faults, `${at}/${field.name}`)} lock={locked?.get(field.name)}>
            {(ids) => (
              <FieldInput
                ids={ids}
                field={field}
                value={values[field.name]}
                readOnly={readOnly || locked?.has(field.name)}
                change={(value) => set(field.name, value)}
              />
            )}
          </FieldFrame>
        ),
      )}
    </div>
  );
}

function withEntry(entries: Record<string, string | null>, name: string, value: string | null | undefined): Record<string, string | null> {
  const { [name]: _, ...others } = entries;
  return value === undefined ? others : { ...others, [name]: value };
}

export function faultsAt(faults: readonly Fault[], pointer: string): Fault[] {
  return faults.filter((fault) => fault.pointer === pointer || fault.pointer.startsWith(`${pointer}/`));
}

interface FrameProps {
  field: Pick<FormField, "title" | "help" | "isRequired">;
  faults: readonly Fault[];
  lock?: string;
  children: (ids: InputIds) => ComponentChildren;
}

export function FieldFrame({ field, faults, lock, children }: FrameProps) {
  const id = useId();
  const describedBy = `${id}-help ${id}-faults`;
  return (
    <div class={`field ${faults.length > 0 ? "invalid" : ""}`}>
      <label class="field-label" for={id} id={`${id}-label`}>
        {field.title}
        {field.isRequired && <span class="required"> required</span>}
      </label>
      {children({ id, describedBy, isInvalid: faults.length > 0 })}
      <p class="field-help" id={`${id}-help`}>
        <Prose text={field.help} />
        {lock && <strong> {lock}</strong>}
      </p>
      <div id={`${id}-faults`} class="field-faults">
        {faults.map((fault) => (
          <p key={fault.pointer + fault.code}>{fault.detail}</p>
        ))}
      </div>
    </div>
  );
}

interface InputProps {
  ids: InputIds;
  field: FormField;
  value: unknown;
  readOnly?: boolean;
  change: (value: unknown) => void;
}

function FieldInput({ ids, field, value, readOnly, change }: InputProps) {
  const shared = { id: ids.id, "aria-describedby": ids.describedBy, "aria-invalid": ids.isInvalid, disabled: readOnly };
  switch (field.kind) {
    case "boolean":
      return (
        <input
          {...shared}
          type="checkbox"
          checked={Boolean(value ?? field.initial)}
          onChange={(event) => change(event.currentTarget.checked)}
        />
      );
    case "choice":
      return <Choice shared={shared} field={field} value={value} change={change} />;
    case "list":
      return <ListInput shared={shared} value={listOf(value ?? field.initial)} choices={field.choices} change={change} />;
    case "map":
      return <MapInput label={field.title} value={mapOf(value ?? field.initial)} readOnly={readOnly} change={change} />;
    case "json":
      return <JsonInput shared={shared} value={value ?? field.initial ?? {}} change={change} />;
    default:
      return <TextInput shared={shared} field={field} value={value} change={change} />;
  }
}

interface PlainProps {
  shared: SharedAttributes;
  field: FormField;
  value: unknown;
  change: (value: unknown) => void;
}

function Choice({ shared, field, value, change }: PlainProps) {
  return (
    <select {...shared} value={String(value ?? field.initial ?? "")} onChange={(event) => change(event.currentTarget.value || undefined)}>
      {(field.isNullable || (field.isRequired && value === undefined)) && <option value="">—</option>}
      {field.choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}

function TextInput({ shared, field, value, change }: PlainProps) {
  const isNumber = field.kind !== "text";
  const read = (text: string) => {
    if (text === "") return undefined;
    return isNumber && Number.isFinite(Number(text)) ? Number(text) : text;
  };
  return (
    <input
      {...shared}
      type={(isNumber ? "number" : "text") as "number"}
      step={isNumber && field.kind !== "integer" ? "any" : 1}
      value={value === undefined || value === null ? "" : String(value)}
      placeholder={placeholderOf(field.initial) || field.example}
      onInput={(event) => change(read(event.currentTarget.value))}
    />
  );
}

function placeholderOf(initial: unknown): string {
  return initial === undefined || initial === null ? "" : `${String(initial)} (default)`;
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function mapOf(value: unknown): Record<string, string> {
  return typeof value === "object" && value !== null ? (value as Record<string, string>) : {};
}
