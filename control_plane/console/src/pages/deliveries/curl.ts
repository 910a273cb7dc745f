/** A recorded request as a command that repeats it; each masked value is a variable to fill in. */
import type { PartnerRequest } from "../../api/types";

const MASK = "«secret»";
const LINE = " \\\n  ";

export function asCurl(request: PartnerRequest): string {
  const headers = Object.entries(request.headers).map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`);
  const body = request.body === "" ? [] : [`--data-binary ${quoted(request.body)}`];
  return [`curl --request ${request.method} ${quoted(request.url)}`, ...headers, ...body].join(LINE);
}

/** For a shell: single quotes around everything but the variable. */
function quoted(text: string): string {
  return text
    .split(MASK)
    .map((part) => (part === "" ? "" : `'${part.replaceAll("'", `'"'"'`)}'`))
    .join('"$SECRET"');
}
