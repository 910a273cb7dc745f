import { useState } from "preact/hooks";
import { Icon } from "../ui/icons";
import type { SharedAttributes } from "./input-attributes";

interface ListProps {
  shared: SharedAttributes;
  value: string[];
  choices: string[];
  change: (value: string[]) => void;
}

/** Several values: checkboxes when they can be listed, otherwise one per line. */
export function ListInput({ shared, value, choices, change }: ListProps) {
  if (choices.length > 0) {
    const toggle = (choice: string, on: boolean) => change(choices.filter((one) => (one === choice ? on : value.includes(one))));
    return (
      <div class="choices" role="group" aria-labelledby={`${shared.id}-label`}>
        {choices.map((choice) => (
          <label key={choice}>
            <input
              type="checkbox"
              disabled={shared.disabled}
              checked={value.includes(choice)}
              onChange={(event) => toggle(choice, event.currentTarget.checked)}
            />
            {choice}
          </label>
        ))}
      </div>
    );
  }
  return <LinesInput shared={shared} value={value} change={change} />;
}

function LinesInput({ shared, value, change }: Omit<ListProps, "choices">) {
  const [text, setText] = useState(value.join("\n"));
  const set = (next: string) => {
    setText(next);
    change(next.split("\n").map((line) => line.trim()).filter(Boolean));
  };
  return (
    <textarea
      {...shared}
      rows={Math.max(2, value.length + 1)}
      placeholder="One per line"
      value={text}
      onInput={(event) => set(event.currentTarget.value)}
    />
  );
}

interface MapProps {
  label: string;
  value: Record<string, string>;
  readOnly?: boolean;
  change: (value: Record<string, string>) => void;
}

/** Names with a value each. Rows live here until both halves are typed. */
export function MapInput({ label, value, readOnly, change }: MapProps) {
  const [rows, setRows] = useState<[string, string][]>(Object.entries(value));
  const set = (next: [string, string][]) => {
    setRows(next);
    change(Object.fromEntries(next.filter(([name]) => name !== "")));
  };
  const replace = (index: number, row: [string, string]) => set(rows.map((old, at) => (at === index ? row : old)));
  return (
    <div class="map">
      {rows.map(([name, text], index) => (
        <div key={index} class="map-row">
          <input aria-label={`${label}: name ${index + 1}`} placeholder="Name" disabled={readOnly} value={name} onInput={(event) => replace(index, [event.currentTarget.value, text])} />
          <input aria-label={`${label}: value ${index + 1}`} placeholder="Value" disabled={readOnly} value={text} onInput={(event) => replace(index, [name, event.currentTarget.value])} />
          <button type="button" class="icon-button" disabled={readOnly} aria-label={`Remove ${name || "row"}`} onClick={() => set(rows.filter((_, at) => at !== index))}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      <button type="button" class="small" disabled={readOnly} onClick={() => set([...rows, ["", ""]])}>
        <Icon name="plus" /> Add
      </button>
    </div>
  );
}
