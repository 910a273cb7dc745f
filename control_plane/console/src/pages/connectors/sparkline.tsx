import type { Recently } from "../../api/types";
import { count } from "../../ui/format";

const WIDTH = 72;
const HEIGHT = 20;
const GAP = 1;

/** The last 24 hours as small bars: delivered from below, errors on top of it. */
export function Sparkline({ hours }: { hours: Recently | undefined }) {
  if (hours === undefined) return <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" />;
  const most = Math.max(1, ...hours.delivered.map((delivered, hour) => delivered + (hours.errors[hour] ?? 0)));
  const step = WIDTH / hours.delivered.length;
  const bar = (hour: number, from: number, value: number) => {
    const height = value === 0 ? 0 : Math.max(1, (value / most) * HEIGHT);
    return <rect x={hour * step} y={HEIGHT - from - height} width={step - GAP} height={height} />;
  };
  return (
    <svg class="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`By hour, at most ${count(most)}`}>
      <g class="delivered">{hours.delivered.map((value, hour) => bar(hour, 0, value))}</g>
      <g class="errors">{hours.errors.map((value, hour) => bar(hour, ((hours.delivered[hour] ?? 0) / most) * HEIGHT, value))}</g>
    </svg>
  );
}
