import { useId, useMemo, useState } from "preact/hooks";
import type { Fault } from "../../api/types";
import type { Mark } from "../../editor/code-editor";
import { CodeEditor } from "../../editor/lazy";
import { locate, withinString } from "../../editor/locate";
import type { Vocabulary } from "../../editor/vocabulary";
import type { FormField } from "../../forms/schema";
import { Prose } from "../../ui/prose";
import { inLanguage, type MappingText } from "./mapping-text";

interface Props {
  field: FormField;
  text: MappingText;
  change: (text: MappingText) => void;
  vocabulary: Vocabulary;
  faults: readonly Fault[];
  isUnreadable: boolean;
  readOnly: boolean;
}

/** One mapped field: a template, or JSON whose texts are templates. */
export function MappingField({ field, text, change, vocabulary, faults, isUnreadable, readOnly }: Props) {
  const help = useId();
  const [round, setRound] = useState(0);
  const marks = useMemo(() => faults.flatMap((fault) => markOf(fault, field.name, text) ?? []), [JSON.stringify(faults), text.language]);
  const canFormat = text.language === "json" && !isUnreadable && !readOnly;
  const format = () => {
    change({ ...text, text: JSON.stringify(JSON.parse(text.text), null, 2) });
    setRound(round + 1);
  };
  return (
    <div class={`field mapping-field ${faults.length > 0 || isUnreadable ? "invalid" : ""}`}>
      <div class="field-row">
        <span class="field-label">
          {field.title}
          {field.isRequired && <span class="required"> required</span>}
        </span>
        {text.language === "json" && !readOnly && (
          <button type="button" class="link" disabled={!canFormat} onClick={format}>
            Format<span class="visually-hidden"> {field.title}</span>
          </button>
        )}
        <select
          aria-label={`Form of ${field.title}`}
          disabled={readOnly}
          value={text.language}
          onChange={(event) => change(inLanguage(text, event.currentTarget.value as MappingText["language"]))}
        >
          <option value="liquid">Template</option>
          <option value="json">JSON</option>
        </select>
      </div>
      <CodeEditor
        key={`${text.language}${round}`}
        label={field.title}
        language={text.language}
        initial={text.text}
        change={(value) => change({ ...text, text: value })}
        vocabulary={vocabulary}
        marks={marks}
        readOnly={readOnly}
        describedBy={help}
        format={canFormat ? format : undefined}
      />
      <p class="field-help" id={help}>
        <Prose text={field.help} />
      </p>
      <div class="field-faults">
        {isUnreadable && <p>This is not JSON yet.</p>}
        {faults.map((fault) => (
          <p key={fault.pointer + fault.detail}>
            {fault.line != null && `Line ${fault.line}, column ${fault.column ?? 1}: `}
            {fault.detail}
          </p>
        ))}
      </div>
    </div>
  );
}

function markOf(fault: Fault, name: string, { language, text }: MappingText): Mark | null {
  const [, , ...path] = fault.pointer.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const [line, column] = [fault.line ?? 1, fault.column ?? 1];
  if (language === "liquid") {
    const lines = text.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
    const end = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, -1);
    return { from: Math.min(start, end), to: Math.max(start + 1, end), message: fault.detail };
  }
  const span = locate(text, path);
  if (span === null) return { from: 0, to: text.length, message: `${name}: ${fault.detail}` };
  const from = fault.line == null ? span.from : withinString(text, span, line, column);
  return { from, to: span.to, message: fault.detail };
}
