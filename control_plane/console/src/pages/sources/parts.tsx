import type { Fault } from "../../api/types";
import { ListInput } from "../../forms/collections";
import { FieldFrame, faultsAt } from "../../forms/schema-form";
import { Icon } from "../../ui/icons";

interface StepsProps {
  steps: { id: string; name: string }[];
  change: (steps: { id: string; name: string }[]) => void;
  faults: readonly Fault[];
  readOnly: boolean;
}

/** The steps of a journey, in order. */
export function Steps({ steps, change, faults, readOnly }: StepsProps) {
  const replace = (index: number, part: Partial<{ id: string; name: string }>) =>
    change(steps.map((step, at) => (at === index ? { ...step, ...part } : step)));
  return (
    <fieldset class="field">
      <legend class="field-label">Steps</legend>
      {steps.map((step, index) => (
        <div key={index} class="map-row">
          <input aria-label={`Id of step ${index + 1}`} placeholder="Id, as events carry it" disabled={readOnly} value={step.id} onInput={(event) => replace(index, { id: event.currentTarget.value })} />
          <input aria-label={`Name of step ${index + 1}`} placeholder="Name" disabled={readOnly} value={step.name} onInput={(event) => replace(index, { name: event.currentTarget.value })} />
          <button type="button" class="icon-button" disabled={readOnly} aria-label={`Remove step ${index + 1}`} onClick={() => change(steps.filter((_, at) => at !== index))}>
            <Icon name="close" />
          </button>
        </div>
      ))}
      {!readOnly && (
        <button type="button" class="small" onClick={() => change([...steps, { id: "", name: "" }])}>
          <Icon name="plus" /> Add a step
        </button>
      )}
      <div class="field-faults">
        {faultsAt(faults, "/steps").map((fault) => (
          <p key={fault.pointer}>{fault.detail}</p>
        ))}
      </div>
    </fieldset>
  );
}

interface NamesProps {
  names: string[];
  change: (names: string[]) => void;
  faults: readonly Fault[];
  readOnly: boolean;
}

export function EventNames({ names, change, faults, readOnly }: NamesProps) {
  return (
    <FieldFrame field={{ title: "Event names", isRequired: true, help: "The `name` of each event that belongs to the feed, one per line." }} faults={faultsAt(faults, "/event_names")}>
      {(ids) => (
        <ListInput
          shared={{ id: ids.id, "aria-describedby": ids.describedBy, "aria-invalid": ids.isInvalid, disabled: readOnly }}
          value={names}
          choices={[]}
          change={change}
        />
      )}
    </FieldFrame>
  );
}
