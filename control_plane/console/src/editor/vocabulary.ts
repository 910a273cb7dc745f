/** What can be written between braces: attributes by path, and functions. */
export interface Attribute {
  path: string;
  type: string;
  detail: string;
}

export interface MappingFunction {
  name: string;
  signature: string;
  description: string;
}

export interface Vocabulary {
  attributes: Attribute[];
  functions: MappingFunction[];
}

export const NO_VOCABULARY: Vocabulary = { attributes: [], functions: [] };

const EVERYWHERE: Attribute[] = [
  { path: "profile.id", type: "text", detail: "Who it is about" },
  { path: "profile.identifiers", type: "object", detail: "E-mail, phone, ids by name" },
  { path: "profile.attributes", type: "object", detail: "What the platform knows of the profile" },
  { path: "event.id", type: "text", detail: "Of the event, where it has one" },
  { path: "event.change", type: "text", detail: "joined, left, entered, exited, occurred" },
  { path: "event.occurred_at", type: "time", detail: "When it happened" },
  { path: "event.name", type: "text", detail: "Of a plain event" },
  { path: "event.properties", type: "object", detail: "Of a plain event" },
  { path: "source.kind", type: "text", detail: "audience or journey" },
  { path: "source.id", type: "text", detail: "Which audience or journey" },
  { path: "source.step", type: "text", detail: "Which step of the journey" },
];

/** What holds for every connector, and what this one adds: its identifiers and its settings that are not secret. */
export function vocabularyOf(identifiers: readonly string[], settings: readonly string[]): Vocabulary {
  return {
    attributes: [
      ...EVERYWHERE,
      ...identifiers.map((name) => ({ path: `profile.identifiers.${name}`, type: "text", detail: "Read by this partner" })),
      ...settings.map((name) => ({ path: `settings.${name}`, type: "setting", detail: "Of this connector" })),
    ],
    functions: [],
  };
}
