import { type Completion, type CompletionContext, type CompletionResult, type CompletionSource, snippetCompletion } from "@codemirror/autocomplete";
import { SNIPPETS } from "./snippets";
import type { Vocabulary } from "./vocabulary";

/** Attributes where a value stands, functions behind a bar, snippets outside braces. */
export function completeFrom(vocabulary: () => Vocabulary): CompletionSource {
  return (context) => {
    const inside = insideBraces(context);
    if (inside === null) return snippets(context);
    const bar = /\|\s*(\w*)$/.exec(inside);
    if (bar) return result(context, bar[1] ?? "", vocabulary().functions.map(functionOption));
    const path = /[\w.]*$/.exec(inside)?.[0] ?? "";
    if (path === "" && !context.explicit && !/[{%\s]$/.test(inside)) return null;
    return result(context, path, vocabulary().attributes.map(attributeOption));
  };
}

const SNIPPET_OPTIONS = SNIPPETS.map(({ name, about, template }) => snippetCompletion(template, { label: name, detail: about, type: "keyword" }));

/** Asked for, or where a word begins that is the beginning of one. */
function snippets(context: CompletionContext): CompletionResult | null {
  const typed = context.matchBefore(/[\w-]+/)?.text ?? "";
  const isMeant = SNIPPETS.some(({ name }) => typed.length > 1 && name.startsWith(typed));
  return context.explicit || isMeant ? { from: context.pos - typed.length, options: SNIPPET_OPTIONS, validFor: /^[\w-]*$/ } : null;
}

function insideBraces(context: CompletionContext): string | null {
  const before = context.state.sliceDoc(Math.max(0, context.pos - 2000), context.pos);
  const opened = Math.max(before.lastIndexOf("{{"), before.lastIndexOf("{%"));
  const closed = Math.max(before.lastIndexOf("}}"), before.lastIndexOf("%}"));
  return opened > closed ? before.slice(opened + 2) : null;
}

function result(context: CompletionContext, typed: string, options: Completion[]): CompletionResult {
  return { from: context.pos - typed.length, options, validFor: /^[\w.]*$/ };
}

function attributeOption({ path, type, sample, description }: Vocabulary["attributes"][number]): Completion {
  const seen = sample === undefined || sample === null ? "" : ` such as ${JSON.stringify(sample)}`;
  return { label: path, type: "variable", detail: [type ?? "", seen].join(""), info: description };
}

function functionOption({ name, signature, description }: Vocabulary["functions"][number]): Completion {
  return { label: name, type: "function", detail: signature, info: description };
}
