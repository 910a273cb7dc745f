/** The form of an action: its constant fields, what is mapped, and the consent that it needs. */
import type { Action, ActionType, Fault } from "../../api/types";
import { EditorHelp } from "../../editor/editor-help";
import type { Vocabulary } from "../../editor/vocabulary";
import { ListInput } from "../../forms/collections";
import { PlainField } from "../../forms/plain-field";
import { fieldsOf } from "../../forms/schema";
import { FieldFrame, faultsAt, SchemaForm, type Values } from "../../forms/schema-form";
import { MappingField } from "./mapping-field";
import { fromText, type MappingText, toText } from "./mapping-text";

export interface EditedAction {
  name: string;
  fields: Values;
  mapping: Record<string, MappingText>;
  consent: string[];
}

export function editedOf(action: Pick<Action, "name" | "fields" | "mapping" | "consent">, type: ActionType): EditedAction {
  const texts = mappedFields(type).map((field) => [field.name, toText((action.mapping as Values)[field.name])]);
  return { name: action.name, fields: action.fields as Values, mapping: Object.fromEntries(texts), consent: action.consent };
}

export function mappedFields(type: ActionType) {
  const schema = type.mapped as Record<string, unknown>;
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
  return fieldsOf(schema).map((field) => ({ ...field, isRequired: properties[field.name]?.["x-required"] === true }));
}

/** The mapping to store, or the names of the fields whose JSON cannot be read. */
export function mappingOf(edited: EditedAction): { mapping: Values; unreadable: string[] } {
  const mapping: Values = {};
  const unreadable: string[] = [];
  for (const [name, text] of Object.entries(edited.mapping)) {
    try {
      const value = fromText(text);
      if (value !== undefined) mapping[name] = value;
    } catch {
      unreadable.push(name);
    }
  }
  return { mapping, unreadable };
}

interface Props {
  edited: EditedAction;
  change: (edited: EditedAction) => void;
  type: ActionType;
  vocabulary: Vocabulary;
  faults: readonly Fault[];
  readOnly: boolean;
  locked?: ReadonlyMap<string, string>;
}

export function ActionForm({ edited, change, type, vocabulary, faults, readOnly, locked }: Props) {
  const { unreadable } = mappingOf(edited);
  const mapped = mappedFields(type);
  const names = new Set(mapped.map((field) => field.name));
  return (
    <>
      <section class="panel">
        <PlainField title="Name" isRequired disabled={readOnly} value={edited.name} change={(name) => change({ ...edited, name })} faults={faultsAt(faults, "/name")} />
        <SchemaForm
          fields={fieldsOf(type.fields).filter((field) => !names.has(field.name))}
          values={edited.fields}
          change={(fields) => change({ ...edited, fields })}
          faults={faults}
          at="/fields"
          readOnly={readOnly}
          locked={locked}
        />
        <FieldFrame
          field={{ title: "Consent", isRequired: false, help: "Categories that a profile must have agreed to, one per line. Removals never need consent." }}
          faults={faultsAt(faults, "/consent")}
        >
          {(ids) => (
            <ListInput
              shared={{ id: ids.id, "aria-describedby": ids.describedBy, "aria-invalid": ids.isInvalid, disabled: readOnly }}
              value={edited.consent}
              choices={[]}
              change={(consent) => change({ ...edited, consent })}
            />
          )}
        </FieldFrame>
      </section>
      {mapped.length > 0 && (
        <section class="panel">
          <h2>Mapping</h2>
          <p class="quiet">
            What stands between <code>{"{{ }}"}</code> is filled for each event.
          </p>
          <EditorHelp />
          {mapped.map((field) => (
            <MappingField
              key={field.name}
              field={field}
              text={edited.mapping[field.name] ?? toText(undefined)}
              change={(text) => change({ ...edited, mapping: { ...edited.mapping, [field.name]: text } })}
              vocabulary={vocabulary}
              faults={faultsAt(faults, `/mapping/${field.name}`)}
              isUnreadable={unreadable.includes(field.name)}
              readOnly={readOnly}
            />
          ))}
        </section>
      )}
    </>
  );
}
