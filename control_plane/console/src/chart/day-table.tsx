import type { Day } from "../api/types";
import { countOf, OUTCOMES, type OutcomeName } from "../outcomes";
import { count, day } from "../ui/format";

/** The address at which what a number counts is shown. */
export type PlaceOf = (date: string, outcome: OutcomeName) => string;

interface Props {
  days: Day[];
  placeOf: PlaceOf;
}

/** The same numbers as the chart, and the same ways from them, for whoever reads numbers rather than colours. */
export function DayTable({ days, placeOf }: Props) {
  return (
    <details class="day-table">
      <summary>Show as a table</summary>
      <div class="table-frame">
        <table class="rows plain">
          <thead>
            <tr>
              <th>Day</th>
              {OUTCOMES.map(({ name, label }) => (
                <th key={name} class="numeric">
                  {label}
                </th>
              ))}
              <th class="numeric">Skipped</th>
              <th class="numeric">Failed attempts</th>
            </tr>
          </thead>
          <tbody>
            {[...days].reverse().map((one) => (
              <tr key={one.date}>
                <th scope="row">
                  {day(one.date)}
                  {one.partial && <span class="quiet"> so far</span>}
                </th>
                {one.data ? (
                  <>
                    {OUTCOMES.map(({ name }) => (
                      <td key={name} class="numeric">
                        <Linked number={countOf(one, name)} href={placeOf(one.date, name)} />
                      </td>
                    ))}
                    <td class="numeric">{count(one.skipped ?? 0)}</td>
                    <td class="numeric">{count(one.failed_attempts ?? 0)}</td>
                  </>
                ) : (
                  <td class="quiet" colSpan={OUTCOMES.length + 2}>
                    no data
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Linked({ number, href }: { number: number; href: string }) {
  return number === 0 ? <>{count(0)}</> : <a href={href}>{count(number)}</a>;
}
