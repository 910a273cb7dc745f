/** From the JSON Schema of settings to the fields of a form. */
export interface FormField {
  name: string;
  title: string;
  help: string;
  kind: "text" | "number" | "integer" | "boolean" | "choice" | "list" | "map" | "json";
  choices: string[];
  isRequired: boolean;
  isSecret: boolean;
  isNullable: boolean;
  initial: unknown;
  example: string;
}

export type Schema = Record<string, unknown>;

export function fieldsOf(schema: Schema): FormField[] {
  const properties = (schema.properties ?? {}) as Record<string, Schema>;
  const required = new Set((schema.required as string[] | undefined) ?? []);
  return Object.entries(properties).map(([name, property]) => fieldOf(name, property, schema, required.has(name)));
}

function fieldOf(name: string, property: Schema, root: Schema, isRequired: boolean): FormField {
  const { shape, isNullable } = unwrap(property, root);
  const items = (shape.items ?? {}) as Schema;
  const choices = shape.enum ?? unwrap(items, root).shape.enum;
  return {
    name,
    title: String(property.title ?? sentence(name)),
    help: String(property.description ?? shape.description ?? ""),
    kind: kindOf(shape),
    choices: Array.isArray(choices) ? choices.map(String) : [],
    isRequired,
    isSecret: shape.writeOnly === true || shape.format === "password",
    isNullable,
    initial: property.default,
    example: String(property["x-example"] ?? shape["x-example"] ?? ""),
  };
}

function unwrap(property: Schema, root: Schema): { shape: Schema; isNullable: boolean } {
  const options = (property.anyOf ?? property.oneOf) as Schema[] | undefined;
  if (options !== undefined) {
    const kept = options.filter((option) => option.type !== "null");
    return { shape: unwrap(kept[0] ?? {}, root).shape, isNullable: kept.length < options.length };
  }
  if (Array.isArray(property.allOf)) return unwrap((property.allOf[0] ?? {}) as Schema, root);
  if (typeof property.$ref === "string") {
    const name = property.$ref.split("/").at(-1) ?? "";
    return unwrap(((root.$defs as Record<string, Schema> | undefined) ?? {})[name] ?? {}, root);
  }
  return { shape: property, isNullable: false };
}

function kindOf(shape: Schema): FormField["kind"] {
  if (Array.isArray(shape.enum)) return "choice";
  switch (shape.type) {
    case "boolean":
    case "number":
    case "integer":
      return shape.type;
    case "array":
      return "list";
    case "object":
      return isTextMap(shape) ? "map" : "json";
    default:
      return "text";
  }
}

function isTextMap(shape: Schema): boolean {
  return (shape.additionalProperties as Schema | undefined)?.type === "string" && shape.properties === undefined;
}

function sentence(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
