/** Texts of two values with sorted keys and without nulls, of which only what both sides tell is compared. */
export function comparable(before: unknown, after: unknown): [string, string] {
  const shared = sharedShape(before, after);
  return [text(shared[0]), text(shared[1])];
}

function text(value: unknown): string {
  return JSON.stringify(sortedKeys(value), null, 2);
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isObject(value)) return value;
  const told = Object.keys(value).filter((key) => value[key] !== null);
  return Object.fromEntries(told.sort().map((key) => [key, sortedKeys(value[key])]));
}

/** A draft does not carry what only a publication knows (who, when, sealed secrets), so neither side shows it. */
function sharedShape(before: unknown, after: unknown): [unknown, unknown] {
  if (!isObject(before) || !isObject(after)) return [before, after];
  const names = Object.keys(before).filter((name) => name in after);
  const pick = (from: Record<string, unknown>) => Object.fromEntries(names.map((name) => [name, from[name]]));
  return [pick(before), pick(after)];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
