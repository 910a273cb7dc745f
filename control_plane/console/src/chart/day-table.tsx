import type { Day } from "../api/types";
import { OUTCOMES } from "../outcomes";
import { count, day } from "../ui/format";

/** The same numbers as the chart, for whoever reads numbers rather than colours. */
export function DayTable({ days }: { days: Day[] }) {
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
                        {count(name === "sent" || name === "removed" ? (one[name] ?? 0) : (one.errors?.[name] ?? 0))}
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
