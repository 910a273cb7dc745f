/** Saving a draft: faults go to their fields, and somebody else's change is shown before it could be overwritten. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useUserNames } from "../api/queries";
import { asProblem, type Problem } from "../api/problem";
import type { Fault } from "../api/types";
import { Dialog } from "../ui/dialog";
import { Loading } from "../ui/loading";
import { Time } from "../ui/time";
import { complain } from "../ui/toasts";
import { Difference } from "../versions/difference";

interface Versioned {
  row_version: number;
}

interface Saving<Saved extends Versioned> {
  save: (rowVersion: number) => Promise<Saved>;
  done: (saved: Saved) => void;
  /** What is stored now, and what is about to be stored, in one shape. */
  readTheirs: () => Promise<Saved>;
  mine: () => unknown;
  show: (stored: Saved) => unknown;
  takeTheirs: () => void;
}

export interface SavingState {
  isBusy: boolean;
  faults: readonly Fault[];
  setFaults: (faults: readonly Fault[]) => void;
  start: (rowVersion: number) => Promise<void>;
  dialog: ComponentChildren;
}

export function useSaving<Saved extends Versioned>(saving: Saving<Saved>): SavingState {
  const [isBusy, setBusy] = useState(false);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const [conflict, setConflict] = useState<Problem | null>(null);
  const start = async (rowVersion: number) => {
    setBusy(true);
    try {
      const saved = await saving.save(rowVersion);
      setFaults([]);
      saving.done(saved);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.isConflictOfVersions) setConflict(problem);
      else {
        setFaults(problem.faults);
        complain(problem);
      }
    }
    setBusy(false);
  };
  const overwrite = async () => {
    const theirs = await saving.readTheirs();
    setConflict(null);
    await start(theirs.row_version);
  };
  const give = () => {
    setConflict(null);
    saving.takeTheirs();
  };
  const dialog = conflict && (
    <ConflictDialog
      problem={conflict}
      theirs={async () => saving.show(await saving.readTheirs())}
      mine={saving.mine}
      overwrite={() => void overwrite().catch(complain)}
      give={give}
      close={() => setConflict(null)}
    />
  );
  return { isBusy, faults, setFaults, start, dialog };
}

interface ConflictProps {
  problem: Problem;
  theirs: () => Promise<unknown>;
  mine: () => unknown;
  overwrite: () => void;
  give: () => void;
  close: () => void;
}

function ConflictDialog({ problem, theirs, mine, overwrite, give, close }: ConflictProps) {
  const nameOf = useUserNames();
  return (
    <Dialog title="Somebody changed this in the meantime" wide close={close}>
      <div class="dialog-body">
        <p>
          {problem.changedBy ? (
            <>
              Changed by <strong>{nameOf(problem.changedBy)}</strong> <Time at={problem.changedAt} />. Nothing of yours is stored yet.
            </>
          ) : (
            problem.detail
          )}
        </p>
        <Difference
          before={{ title: "Stored now", read: theirs }}
          after={{ title: "Yours", read: () => Promise.resolve(mine()) }}
          otherwise={<Loading rows={5} />}
        />
      </div>
      <footer>
        <button type="button" onClick={close}>
          Go on editing
        </button>
        <button type="button" onClick={give}>
          Drop mine, load theirs
        </button>
        <button type="button" class="danger" onClick={overwrite}>
          Overwrite with mine
        </button>
      </footer>
    </Dialog>
  );
}
