/** A field's mapping as the text of its editor, and back. */
export type Language = "liquid" | "json";

export interface MappingText {
  language: Language;
  text: string;
}

export function toText(value: unknown): MappingText {
  if (typeof value === "string") return { language: "liquid", text: value };
  if (value === undefined || value === null) return { language: "liquid", text: "" };
  return { language: "json", text: JSON.stringify(value, null, 2) };
}

/** The value to store; `undefined` leaves the field out. Throws `SyntaxError` when JSON cannot be read. */
export function fromText({ language, text }: MappingText): unknown {
  if (language === "json") return text.trim() === "" ? undefined : (JSON.parse(text) as unknown);
  return text === "" ? undefined : text;
}

export function inLanguage(current: MappingText, language: Language): MappingText {
  if (current.language === language) return current;
  if (language === "json") return { language, text: JSON.stringify(current.text) };
  try {
    const value: unknown = JSON.parse(current.text);
    return { language, text: typeof value === "string" ? value : current.text };
  } catch {
    return { language, text: current.text };
  }
}
