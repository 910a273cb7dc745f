/** The fields of a definition, in words. */
import type { FormField } from "../../forms/schema";

type Described = Partial<FormField> & Pick<FormField, "name" | "title" | "help">;

function field(described: Described): FormField {
  return { kind: "text", choices: [], isRequired: false, isSecret: false, isNullable: false, initial: undefined, example: "", ...described };
}

const METHODS = ["POST", "PUT", "PATCH", "DELETE", "GET"];

export const ABOUT = [
  field({ name: "label", title: "Label", help: "What the marketplace calls it.", isRequired: true }),
  field({ name: "description", title: "Description", help: "What it is for; shown in the marketplace." }),
  field({ name: "documentation", title: "Documentation", help: "The address of the partner's documentation." }),
];

export const REQUEST = [
  field({ name: "url", title: "URL", help: "Where every request goes; secrets are bound to it.", isRequired: true, example: "https://api.example.org/v1/people" }),
  field({ name: "method", title: "Method", help: "For joins, entries and events.", kind: "choice", choices: METHODS, initial: "POST" }),
  field({ name: "removal_method", title: "Method for removals", help: "For profiles that leave or exit; without one, the same method.", kind: "choice", choices: METHODS, isNullable: true }),
  field({ name: "headers", title: "Headers", help: "Beside those for access; the values may be templates.", kind: "map" }),
  field({ name: "idempotency_header", title: "Header for the idempotency key", help: "By it the partner recognises a repeated request.", initial: "Idempotency-Key" }),
];

export const DATA = [
  field({ name: "on", title: "Changes", help: "On what it sends; all of them when none is chosen.", kind: "list", choices: ["joined", "left", "entered", "exited", "occurred"] }),
  field({ name: "identifiers", title: "Identifiers", help: "Those that the partner needs; a profile without any of them is skipped. One per line.", kind: "list" }),
];

export const LIMITS = [
  field({ name: "timeout_seconds", title: "Timeout in seconds", help: "0.5 to 30.", kind: "number", initial: 3 }),
  field({ name: "requests_per_second", title: "Requests per second", help: "What the partner allows; workers share it.", kind: "number", isNullable: true }),
  field({ name: "codes", title: "The partner's error codes", help: "Each with what it means; shown beside errors.", kind: "map" }),
];

export const BATCH = [
  field({ name: "max_rows", title: "Rows in a request", help: "A batch is sent when it is this full,", kind: "integer", isRequired: true }),
  field({ name: "max_age_seconds", title: "Age in seconds", help: "or this old.", kind: "number", isRequired: true }),
  field({ name: "rows_in", title: "Name of the list", help: "The field of the envelope that holds the rows; without one the body is the list." }),
];

export const CHECK = [
  field({ name: "method", title: "Method", help: "", kind: "choice", choices: METHODS, initial: "GET" }),
  field({ name: "path", title: "Path", help: "Behind the URL; a request that changes nothing.", example: "/me" }),
];

export const BODY = [
  field({ name: "format", title: "Format", help: "", kind: "choice", choices: ["json", "text", "none"], initial: "json" }),
  field({ name: "content_type", title: "Content type", help: "", initial: "application/json" }),
];

export const MAPPING = field({ name: "mapping", title: "Body", help: "What is sent for each profile: text or JSON, in which `{{ }}` is filled for each event." });
export const PATH = field({ name: "path", title: "Path", help: "Behind the URL; may be a template, such as `/people/{{ profile.id }}`." });

const KIND = field({
  name: "kind",
  title: "Access",
  help: "How requests prove who calls; connectors ask for the secrets.",
  kind: "choice",
  choices: ["none", "bearer", "basic", "header", "query", "client_credentials"],
  isRequired: true,
});

const WITH: Record<string, FormField[]> = {
  header: [field({ name: "name", title: "Header", help: "The header that holds the key.", isRequired: true, example: "X-Api-Key" })],
  query: [field({ name: "name", title: "Parameter", help: "The parameter of the query that holds the key.", isRequired: true, example: "key" })],
  client_credentials: [
    field({ name: "token_url", title: "Token URL", help: "Where access tokens are fetched (OAuth 2.0).", isRequired: true }),
    field({ name: "scope", title: "Scope", help: "What the token is asked for." }),
    field({ name: "as_json", title: "Ask in JSON", help: "Instead of a form.", kind: "boolean", initial: false }),
  ],
};

export function accessFields(kind: unknown): FormField[] {
  return [KIND, ...(WITH[String(kind)] ?? [])];
}
