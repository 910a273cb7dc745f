import { Empty } from "../../ui/page";
import { DemoButton } from "./demo-button";

/** What a newcomer does first. */
export function FirstSteps() {
  return (
    <Empty title="Nothing is connected yet">
      <ol class="steps">
        <li>
          <strong>Choose a partner.</strong>
          <span>
            Pick a connector type in the <a href="/marketplace">marketplace</a> and give it its settings. A webhook to an endpoint of your
            own is the quickest.
          </span>
        </li>
        <li>
          <strong>Add an action, publish and activate.</strong>
          <span>An action says what is sent. Nothing leaves before the connector and its action are published and activated.</span>
        </li>
        <li>
          <strong>Connect it to a source.</strong>
          <span>
            Attach the action to an <a href="/sources/audiences">audience</a>, a <a href="/sources/journeys">journey</a> or an{" "}
            <a href="/sources/event-feeds">event feed</a>, and publish that too.
          </span>
        </li>
      </ol>
      <div class="buttons centred">
        <a class="button primary" href="/marketplace">
          Open the marketplace
        </a>
        <DemoButton />
      </div>
    </Empty>
  );
}
