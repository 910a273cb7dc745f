import type { Fault } from "../api/types";
import { FieldFrame } from "./schema-form";

interface Props {
  title: string;
  help?: string;
  value: string;
  change: (value: string) => void;
  faults?: readonly Fault[];
  isRequired?: boolean;
  disabled?: boolean;
  placeholder?: string;
  type?: "password" | "email";
  autoFocus?: boolean;
}

export function PlainField({ title, help = "", value, change, faults = [], isRequired = false, type, ...attributes }: Props) {
  return (
    <FieldFrame field={{ title, help, isRequired }} faults={faults}>
      {(ids) => (
        <input
          {...attributes}
          type={type as "password"}
          id={ids.id}
          aria-describedby={ids.describedBy}
          aria-invalid={ids.isInvalid}
          required={isRequired}
          value={value}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    </FieldFrame>
  );
}
