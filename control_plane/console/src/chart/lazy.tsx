/** The chart and its library are fetched when a chart is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { ChartProps } from "./outcome-chart";

let loaded: ComponentType<ChartProps> | null = null;

export function OutcomeChart(props: ChartProps) {
  const [Chart, setChart] = useState(() => loaded);
  useEffect(() => {
    if (loaded === null) {
      void import("./outcome-chart").then((module) => {
        loaded = module.OutcomeChart;
        setChart(() => loaded);
      });
    }
  }, []);
  return <div class="chart">{Chart === null ? null : <Chart {...props} />}</div>;
}
