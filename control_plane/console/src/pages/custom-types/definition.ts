/** The definition of a custom connector type as it is edited: what is optional may be absent, templates are text. */
import { fromText, type MappingText, toText } from "../action/mapping-text";
import type { Values } from "../../forms/schema-form";

export interface AnswerRule {
  status?: string | null;
  pointer?: string | null;
  equals?: unknown[] | null;
  verdict: string;
  code_at?: string | null;
  retry_after_at?: string | null;
}

export interface EditedDefinition {
  /** Everything but what stands below, in the words of the API. */
  plain: Values;
  authentication: Values;
  body: Values;
  batch: Values | null;
  check: Values | null;
  answers: AnswerRule[];
  path: MappingText;
  mapping: MappingText;
}

const APART = ["authentication", "body", "batch", "check", "answers", "path", "revision", "format"];

export const NEW_DEFINITION: Values = {
  key: "",
  label: "",
  url: "",
  authentication: { kind: "bearer" },
  body: { format: "json", mapping: { id: "{{ profile.id }}", change: "{{ event.change }}" } },
};

export function editedOf(definition: Values): EditedDefinition {
  const { mapping, ...body } = (definition.body ?? {}) as Values;
  const plain = Object.entries(definition).filter(([name]) => !APART.includes(name));
  return {
    plain: Object.fromEntries(plain),
    authentication: (definition.authentication as Values | undefined) ?? { kind: "none" },
    body,
    batch: (definition.batch as Values | null | undefined) ?? null,
    check: (definition.check as Values | null | undefined) ?? null,
    answers: (definition.answers as AnswerRule[] | undefined) ?? [],
    path: toText(definition.path ?? ""),
    mapping: toText(mapping),
  };
}

/** What to store; null while a text that should be JSON is not. */
export function definitionOf(edited: EditedDefinition): Values | null {
  try {
    const mapping = fromText(edited.mapping);
    return {
      ...edited.plain,
      authentication: edited.authentication,
      body: mapping === undefined ? edited.body : { ...edited.body, mapping },
      path: fromText(edited.path) ?? "",
      answers: edited.answers,
      ...(edited.batch === null ? {} : { batch: edited.batch }),
      ...(edited.check === null ? {} : { check: edited.check }),
    };
  } catch {
    return null;
  }
}
