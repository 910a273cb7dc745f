import { useState } from "preact/hooks";
import { asProblem } from "../api/problem";
import { invalidate } from "../api/query";
import { PlainField } from "../forms/plain-field";
import { FormDialog } from "../ui/form-dialog";
import { Loading } from "../ui/loading";
import { complain, say } from "../ui/toasts";
import { Difference } from "./difference";
import { RenderedDifference } from "./rendered-difference";
import { publish, type PublishedKind, readVersion } from "./publishing";

interface Props {
  kind: PublishedKind;
  id: string;
  rowVersion: number;
  published: number | null;
  changed: boolean;
  draft: () => Promise<unknown>;
}

/** Shows what a publication changes, takes a note, and publishes. */
export function PublishButton(props: Props) {
  const [isOpen, setOpen] = useState(false);
  const isCurrent = props.published !== null && !props.changed;
  return (
    <>
      <button type="button" class="primary" disabled={isCurrent} title={isCurrent ? "There is nothing to publish." : undefined} onClick={() => setOpen(true)}>
        Publish…
      </button>
      {isOpen && <PublishDialog {...props} close={() => setOpen(false)} />}
    </>
  );
}

function PublishDialog({ kind, id, rowVersion, published, draft, close }: Props & { close: () => void }) {
  const [note, setNote] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    try {
      const made = await publish(kind, id, rowVersion, note);
      say(`Version ${made.version} is published`, made.warnings?.map((warning) => warning.detail).join(" "));
      await invalidate(kind, "actions");
      close();
    } catch (error) {
      complain(error);
      // What somebody else has changed meanwhile is shown before it is published.
      if (asProblem(error).isConflictOfVersions) await invalidate(kind, "actions");
      setBusy(false);
    }
  };
  return (
    <FormDialog title={published === null ? "Publish the first version" : `Publish version ${published + 1}`} wide close={close} submit={submit} confirm="Publish" disabled={isBusy}>
      {published === null ? (
        <p>Workers learn of it within a second or so. A new connector stays deactivated until you activate it.</p>
      ) : (
        <Difference
          key={`${published}/${rowVersion}`}
          before={{ title: `Version ${published}`, read: () => readVersion(kind, id, published) }}
          after={{ title: "Draft", read: draft }}
          otherwise={<Loading rows={5} />}
        />
      )}
      {kind === "connectors" && published !== null && <RenderedDifference key={rowVersion} connectorId={id} />}
      <PlainField title="Note" help="Why; shown in the history." value={note} change={setNote} autoFocus />
    </FormDialog>
  );
}

