/** What answers mean: the first row that fits decides; without any, the status does. */
import type { Fault } from "../../api/types";
import { faultsAt } from "../../forms/schema-form";
import { Icon } from "../../ui/icons";
import { words } from "../../ui/format";
import type { AnswerRule } from "./definition";

const VERDICTS = ["accepted", "already_done", "throttled", "try_again", "rejected", "unauthorized", "misconfigured"];

interface Props {
  answers: AnswerRule[];
  change: (answers: AnswerRule[]) => void;
  faults: readonly Fault[];
  readOnly: boolean;
}

export function AnswersTable({ answers, change, faults, readOnly }: Props) {
  const replace = (index: number, part: Partial<AnswerRule>) => change(answers.map((rule, at) => (at === index ? { ...rule, ...part } : rule)));
  return (
    <>
      {answers.map((rule, index) => (
        <fieldset key={index} class="answer-rule" disabled={readOnly}>
          <legend class="visually-hidden">Rule {index + 1}</legend>
          <Cell label="Status" example="4xx" value={rule.status} change={(status) => replace(index, { status })} />
          <Cell label="JSON pointer" example="/error/code" value={rule.pointer} change={(pointer) => replace(index, { pointer })} />
          <Cell label="Is one of" example='"E1", 17' value={textOf(rule.equals)} change={(text) => replace(index, { equals: valuesOf(text) })} />
          <label>
            <span class="field-label">Means</span>
            <select value={rule.verdict} onChange={(event) => replace(index, { verdict: event.currentTarget.value })}>
              {VERDICTS.map((verdict) => (
                <option key={verdict} value={verdict}>
                  {words(verdict)}
                </option>
              ))}
            </select>
          </label>
          <Cell label="Code is at" example="/error/code" value={rule.code_at} change={(code_at) => replace(index, { code_at })} />
          <Cell label="Retry after is at" example="/retry" value={rule.retry_after_at} change={(retry_after_at) => replace(index, { retry_after_at })} />
          <button type="button" class="icon-button" aria-label={`Remove rule ${index + 1}`} onClick={() => change(answers.filter((_, at) => at !== index))}>
            <Icon name="close" />
          </button>
          {faultsAt(faults, `/definition/answers/${index}`).map((fault) => (
            <p key={fault.pointer} class="field-faults">
              {fault.detail}
            </p>
          ))}
        </fieldset>
      ))}
      {!readOnly && (
        <button type="button" class="small" onClick={() => change([...answers, { status: "", verdict: "rejected" }])}>
          <Icon name="plus" /> Add a rule
        </button>
      )}
    </>
  );
}

interface CellProps {
  label: string;
  example: string;
  value: string | null | undefined;
  change: (value: string | null) => void;
}

function Cell({ label, example, value, change }: CellProps) {
  return (
    <label>
      <span class="field-label">{label}</span>
      <input value={value ?? ""} placeholder={example} onInput={(event) => change(event.currentTarget.value || null)} />
    </label>
  );
}

function textOf(values: unknown[] | null | undefined): string {
  return (values ?? []).map((value) => JSON.stringify(value)).join(", ");
}

/** JSON values with commas between; what is not JSON yet is meant as text. */
function valuesOf(text: string | null): unknown[] | null {
  if (text === null) return null;
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch {
    return text.split(",").map((part) => part.trim().replaceAll('"', ""));
  }
}
