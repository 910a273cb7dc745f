import type { ComponentChildren } from "preact";

/** A column's head; `false` where the reader has no such column. */
type Head = string | { numeric: string } | false;

/** A table of rows, which become cards on a narrow screen. */
export function Table({ heads, children }: { heads: readonly Head[]; children: ComponentChildren }) {
  return (
    <div class="table-frame">
      <table class="rows">
        <thead>
          <tr>
            {heads.map((head) => {
              if (head === false) return null;
              const label = typeof head === "string" ? head : head.numeric;
              return (
                <th key={label} class={typeof head === "string" ? undefined : "numeric"}>
                  {label}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
