import { useState } from "preact/hooks";
import type { InputIds } from "./input-attributes";

interface Props {
  ids: InputIds;
  isStored: boolean;
  value: string | null | undefined;
  readOnly?: boolean;
  change: (value: string | null | undefined) => void;
}

/** A secret can be given, replaced and cleared; it is never shown again. */
export function SecretInput({ ids, isStored, value, readOnly, change }: Props) {
  const [isReplacing, setReplacing] = useState(false);
  if (value === null) {
    return (
      <div class="secret">
        <span class="waiting">Will be cleared when you save.</span>
        <button type="button" class="link" onClick={() => change(undefined)}>
          Keep it
        </button>
      </div>
    );
  }
  if (isStored && !isReplacing) {
    return (
      <div class="secret">
        <span id={ids.id} class="secret-mask">
          ••••••••••••
        </span>
        <span class="quiet">stored, sealed</span>
        {!readOnly && (
          <>
            <button type="button" class="link" onClick={() => setReplacing(true)}>
              Replace
            </button>
            <button type="button" class="link" onClick={() => change(null)}>
              Clear
            </button>
          </>
        )}
      </div>
    );
  }
  const keep = () => {
    change(undefined);
    setReplacing(false);
  };
  return (
    <div class="secret">
      <input
        id={ids.id}
        type="password"
        autoComplete="new-password"
        aria-describedby={ids.describedBy}
        aria-invalid={ids.isInvalid}
        disabled={readOnly}
        value={value ?? ""}
        onInput={(event) => change(event.currentTarget.value || undefined)}
      />
      {isStored && (
        <button type="button" class="link" onClick={keep}>
          Keep the stored one
        </button>
      )}
    </div>
  );
}
