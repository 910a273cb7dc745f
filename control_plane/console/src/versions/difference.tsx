/** Two states of the same thing side by side. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { asProblem, type Problem } from "../api/problem";
import { DiffView } from "../editor/lazy";
import { ProblemPanel } from "../ui/problem-panel";
import { comparable } from "./comparable";

export interface Side {
  title: string;
  read: () => Promise<unknown>;
}

interface Props {
  before: Side;
  after: Side;
  otherwise: ComponentChildren;
}

export function Difference({ before, after, otherwise }: Props) {
  const [texts, setTexts] = useState<[string, string] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let isWanted = true;
    Promise.all([before.read(), after.read()]).then(
      ([one, other]) => isWanted && setTexts(comparable(one, other)),
      (error: unknown) => isWanted && setProblem(asProblem(error)),
    );
    return () => {
      isWanted = false;
    };
  }, []);
  if (problem !== null) return <ProblemPanel problem={problem} />;
  if (texts === null) return <>{otherwise}</>;
  if (texts[0] === texts[1]) return <p class="quiet">Both are the same.</p>;
  return (
    <div class="difference">
      <div class="difference-titles">
        <span>{before.title}</span>
        <span>{after.title}</span>
      </div>
      <DiffView before={texts[0]} after={texts[1]} titles={[before.title, after.title]} />
    </div>
  );
}
