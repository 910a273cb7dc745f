/** A bar per day: green sent, blue removed, every kind of error its own colour. */
import { BarController, BarElement, CategoryScale, Chart, type ChartConfiguration, LinearScale, type Plugin, Tooltip } from "chart.js";
import { useEffect, useRef } from "preact/hooks";
import type { Day } from "../api/types";
import { countOf, OUTCOMES, type OutcomeName } from "../outcomes";
import { day, shortCount } from "../ui/format";
import { useStore } from "../ui/store";
import { theme } from "../ui/theme";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

export interface ChartProps {
  days: Day[];
  label: string;
  choose?: (date: string, outcome: OutcomeName) => void;
}

export function OutcomeChart({ days, label, choose }: ChartProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Chart | null>(null);
  const latest = useRef(choose);
  latest.current = choose;
  const colors = useStore(theme);
  useEffect(() => {
    if (canvas.current === null) return undefined;
    const shown = new Chart(canvas.current, configuration(days, (date, outcome) => latest.current?.(date, outcome)));
    chart.current = shown;
    return () => shown.destroy();
  }, [colors, days.length, days[0]?.date]);
  useEffect(() => {
    if (chart.current === null) return;
    chart.current.data = dataOf(days);
    chart.current.update("none");
  }, [days]);
  return <canvas ref={canvas} role="img" aria-label={label} />;
}

function configuration(days: Day[], choose: (date: string, outcome: OutcomeName) => void): ChartConfiguration<"bar"> {
  const grid = token("--line");
  const text = token("--quiet");
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    type: "bar",
    data: dataOf(days),
    plugins: [withoutData(days)],
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: isStill ? false : { duration: 200 },
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { stacked: true, grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 12 } },
        y: { stacked: true, beginAtZero: true, grid: { color: grid }, ticks: { color: text, precision: 0, callback: (value) => shortCount(Number(value)) } },
      },
      plugins: { tooltip: { filter: (item) => Number(item.raw) > 0, callbacks: { footer: (items) => partialNote(days[items[0]?.dataIndex ?? -1]) } } },
      onClick: (event, _, chart) => {
        const bar = chart.getElementsAtEventForMode(event as unknown as Event, "nearest", { intersect: true }, true)[0];
        const date = bar && days[bar.index]?.date;
        const outcome = bar && OUTCOMES[bar.datasetIndex]?.name;
        if (date && outcome) choose(date, outcome);
      },
    },
  };
}

function dataOf(days: Day[]) {
  return {
    labels: days.map((one) => day(one.date)),
    datasets: OUTCOMES.map(({ name, label, color }) => ({
      label,
      data: days.map((one) => countOf(one, name)),
      backgroundColor: days.map((one) => (one.partial ? hatched(token(color)) : token(color))),
      borderWidth: 0,
      maxBarThickness: 44,
    })),
  };
}

function partialNote(one: Day | undefined): string {
  if (one === undefined) return "";
  if (!one.data) return "No data";
  return one.partial ? "Today so far" : "";
}

/** A day before anything was counted is shaded, since it is not a day with nothing. */
function withoutData(days: Day[]): Plugin<"bar"> {
  return {
    id: "without-data",
    beforeDatasetsDraw(chart) {
      const { x } = chart.scales;
      if (x === undefined) return;
      const width = x.width / days.length;
      chart.ctx.save();
      chart.ctx.fillStyle = token("--shade");
      for (const [index, one] of days.entries()) {
        if (!one.data) chart.ctx.fillRect(x.getPixelForValue(index) - width / 2, chart.chartArea.top, width, chart.chartArea.height);
      }
      chart.ctx.restore();
    },
  };
}

function hatched(color: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const context = tile.getContext("2d");
  if (context === null) return color;
  context.globalAlpha = 0.55;
  context.fillStyle = color;
  context.fillRect(0, 0, 8, 8);
  context.globalAlpha = 1;
  context.strokeStyle = color;
  context.lineWidth = 2.5;
  for (const offset of [-8, 0, 8]) {
    context.beginPath();
    context.moveTo(offset, 8);
    context.lineTo(offset + 8, 0);
    context.stroke();
  }
  return context.createPattern(tile, "repeat") ?? color;
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
