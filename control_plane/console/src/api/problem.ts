import type { Fault, Use } from "./types";

/** What the API says when it refuses (RFC 9457), or what stands in for it when nothing answered. */
export class Problem extends Error {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly traceId: string;
  readonly faults: readonly Fault[];
  readonly uses: readonly Use[];
  readonly changedBy: string;
  readonly changedAt: string;

  constructor(status: number, body: Record<string, unknown>) {
    const text = (name: string, otherwise = "") => (typeof body[name] === "string" ? (body[name] as string) : otherwise);
    const title = text("title", status === 0 ? "The control plane does not answer" : `Status ${status}`);
    super(title);
    this.title = title;
    this.status = status;
    this.code = text("code");
    this.detail = text("detail");
    this.traceId = text("trace_id");
    this.faults = Array.isArray(body.errors) ? (body.errors as Fault[]) : [];
    this.uses = Array.isArray(body.uses) ? (body.uses as Use[]) : [];
    this.changedBy = text("changed_by");
    this.changedAt = text("changed_at");
  }

  get isConflictOfVersions(): boolean {
    return this.status === 412;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => ({}));
  return new Problem(response.status, typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {});
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, { detail: error instanceof Error ? error.message : String(error) });
}
