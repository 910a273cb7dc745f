import { useMemo, useState } from "preact/hooks";
import { asProblem } from "../../api/problem";
import { invalidate } from "../../api/query";
import type { Fault } from "../../api/types";
import { useVocabulary } from "../../editor/vocabulary";
import { navigate, releaseLeaveGuard, useLeaveGuard } from "../../routing/location";
import { askAboutUnsaved } from "../../ui/dialog";
import { Page } from "../../ui/page";
import { complain, say } from "../../ui/toasts";
import { useChecked } from "./checking";
import { definitionOf, editedOf, NEW_DEFINITION } from "./definition";
import { DefinitionForm } from "./definition-form";
import { createType } from "./reading";
import { TryDefinition } from "./try-definition";

export function NewCustomTypePage() {
  const start = useMemo(() => editedOf(NEW_DEFINITION), []);
  const [edited, setEdited] = useState(start);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [isBusy, setBusy] = useState(false);
  const definition = definitionOf(edited);
  const isDirty = edited !== start;
  const isNamed = String(edited.plain.key ?? "") !== "" && String(edited.plain.url ?? "") !== "";
  const checked = useChecked(definition, isDirty && isNamed);
  useLeaveGuard(isDirty && !isBusy, askAboutUnsaved);
  const create = async () => {
    if (definition === null) return;
    setBusy(true);
    try {
      const made = await createType(definition);
      await invalidate("custom-types", "types");
      say(`${made.label} is made`, "It stands in the marketplace now.");
      releaseLeaveGuard();
      await navigate(`/custom-types/${made.id}`);
    } catch (error) {
      setFaults(asProblem(error).faults);
      complain(error);
      setBusy(false);
    }
  };
  return (
    <Page title="New custom type" above={{ label: "Custom connector types", href: "/custom-types" }}>
      <DefinitionForm edited={edited} change={setEdited} isNew faults={checked.errors.length > 0 ? checked.errors : faults} vocabulary={useVocabulary()} readOnly={false} />
      <div class="save-bar">
        <button type="button" class="primary" disabled={isBusy || definition === null || !isNamed} onClick={() => void create()}>
          Create type
        </button>
        <TryDefinition definition={definition} type={checked.type} />
        <a class="button" href="/custom-types">
          Cancel
        </a>
      </div>
    </Page>
  );
}
