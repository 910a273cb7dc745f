import { useState } from "preact/hooks";
import type { ConnectionTest } from "../../api/types";
import { ExchangeList } from "../../exchanges";
import { Dialog } from "../../ui/dialog";
import { complain } from "../../ui/toasts";

/** Asks the partner whether the settings hold, before they are saved. */
export function TestConnection({ test }: { test: () => Promise<ConnectionTest> }) {
  const [answer, setAnswer] = useState<ConnectionTest | null>(null);
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await test().then(setAnswer, complain);
    setBusy(false);
  };
  return (
    <>
      <button type="button" disabled={isBusy} onClick={() => void run()}>
        {isBusy ? "Asking the partner…" : "Test connection"}
      </button>
      {answer && (
        <Dialog title={titleOf(answer)} wide={answer.exchanges.length > 0} close={() => setAnswer(null)}>
          <div class="dialog-body">
            <p>{answer.advice}</p>
            <ExchangeList exchanges={answer.exchanges} />
          </div>
        </Dialog>
      )}
    </>
  );
}

function titleOf({ ok, tested }: ConnectionTest): string {
  if (!tested) return "There is nothing to test";
  return ok ? "The connection holds" : "The connection does not hold";
}
