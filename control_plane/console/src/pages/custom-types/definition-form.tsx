/** Every part of a definition, each in its panel. */
import "./definition.css";
import type { ComponentChildren } from "preact";
import type { Fault } from "../../api/types";
import { EditorHelp } from "../../editor/editor-help";
import type { Vocabulary } from "../../editor/vocabulary";
import { PlainField } from "../../forms/plain-field";
import type { FormField } from "../../forms/schema";
import { faultsAt, SchemaForm, type Values } from "../../forms/schema-form";
import { MappingField } from "../action/mapping-field";
import type { MappingText } from "../action/mapping-text";
import { AnswersTable } from "./answers-table";
import type { EditedDefinition } from "./definition";
import { ABOUT, accessFields, BATCH, BODY, CHECK, DATA, LIMITS, MAPPING, PATH, REQUEST } from "./fields";

interface Props {
  edited: EditedDefinition;
  change: (edited: EditedDefinition) => void;
  isNew: boolean;
  faults: readonly Fault[];
  vocabulary: Vocabulary;
  readOnly: boolean;
}

const AT = "/definition";

export function DefinitionForm({ edited, change, isNew, faults, vocabulary, readOnly }: Props) {
  const set = (part: Partial<EditedDefinition>) => change({ ...edited, ...part });
  const shared = { faults, readOnly };
  const plain = (fields: FormField[]) => <SchemaForm {...shared} fields={fields} values={edited.plain} change={(values) => set({ plain: values })} at={AT} />;
  const template = (field: FormField, name: "path" | "mapping", at: string) => (
    <MappingField
      field={field}
      text={edited[name]}
      change={(text: MappingText) => set({ [name]: text })}
      vocabulary={vocabulary}
      faults={faultsAt(faults, at).map((fault) => ({ ...fault, pointer: fault.pointer.replace(at, `/mapping/${field.name}`) }))}
      isUnreadable={!isReadable(edited[name])}
      readOnly={readOnly}
    />
  );
  return (
    <>
      <Panel title="About">
        {isNew && (
          <PlainField
            title="Key"
            help="Lower-case letters, digits and underscores; connectors name the type by it, and it never changes."
            isRequired
            disabled={readOnly}
            value={String(edited.plain.key ?? "")}
            change={(key) => set({ plain: { ...edited.plain, key } })}
            faults={faultsAt(faults, `${AT}/key`)}
          />
        )}
        {plain(ABOUT)}
      </Panel>
      <Panel title="Request">
        <EditorHelp />
        {plain(REQUEST)}
        {template(PATH, "path", `${AT}/path`)}
        <SchemaForm {...shared} fields={BODY} values={edited.body} change={(body) => set({ body })} at={`${AT}/body`} />
        {edited.body.format !== "none" && template(MAPPING, "mapping", `${AT}/body/mapping`)}
      </Panel>
      <Panel title="Access">
        <SchemaForm
          key={String(edited.authentication.kind)}
          {...shared}
          fields={accessFields(edited.authentication.kind)}
          values={edited.authentication}
          change={(values) => set({ authentication: kept(values) })}
          at={`${AT}/authentication`}
        />
        <Optional
          label="Test connection asks the partner"
          fields={CHECK}
          values={edited.check}
          otherwise={{ method: "GET", path: "" }}
          change={(check) => set({ check })}
          at={`${AT}/check`}
          {...shared}
        />
      </Panel>
      <Panel title="Answers">
        <p class="quiet">What an answer means. The first rule that fits decides; without any, the status does.</p>
        <AnswersTable {...shared} answers={edited.answers} change={(answers) => set({ answers })} />
      </Panel>
      <Panel title="Data and limits">
        {plain(DATA)}
        <Optional
          label="Several rows in one request"
          fields={BATCH}
          values={edited.batch}
          otherwise={{ max_rows: 100, max_age_seconds: 10 }}
          change={(batch) => set({ batch })}
          at={`${AT}/batch`}
          {...shared}
        />
        {plain(LIMITS)}
      </Panel>
    </>
  );
}

function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface OptionalProps {
  label: string;
  fields: FormField[];
  values: Values | null;
  otherwise: Values;
  change: (values: Values | null) => void;
  faults: readonly Fault[];
  at: string;
  readOnly: boolean;
}

/** A part that is there or not. */
function Optional({ label, values, otherwise, change, ...form }: OptionalProps) {
  return (
    <div class="optional">
      <label class="check">
        <input type="checkbox" disabled={form.readOnly} checked={values !== null} onChange={() => change(values === null ? otherwise : null)} /> {label}
      </label>
      {values !== null && <SchemaForm {...form} values={values} change={change} />}
    </div>
  );
}

/** Of another kind of access only the kind itself stays. */
function kept(values: Values): Values {
  const names = accessFields(values.kind).map((field) => field.name);
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)));
}

function isReadable({ language, text }: MappingText): boolean {
  if (language !== "json" || text.trim() === "") return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
