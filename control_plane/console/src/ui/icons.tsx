/** The few signs that stand beside words; none of them means anything alone. */
const PATHS = {
  active: "M4 8.5l2.8 2.8L12.5 5",
  off: "M8 2.5v5M4.6 4.7a5 5 0 1 0 6.8 0",
  paused: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.5 8z",
  trace: "M3.5 3.5h.1M3.5 8h.1M3.5 12.5h.1M6.5 3.5H13M6.5 8h4M6.5 12.5H13M3.5 5.5v1M3.5 10v1",
  failing: "M8 2.2 14 13H2L8 2.2zM8 6.5v3M8 11.4v.2",
  key: "M9.8 6.2a2.9 2.9 0 1 0-2.7 3.7l.9-.9h1.5v-1.5H11l2.5-2.5V3h-1.8z",
  breaker: "M2 8h3.5M10.5 8H14M5.5 8l4.4-3.4",
  draft: "M3 13l.7-3L10.6 3l2.4 2.4L6 12.3 3 13z",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
  star: "M8 2l1.8 3.8 4.2.5-3.1 2.8.8 4.1L8 11.2l-3.7 2 .8-4.1L2 6.3l4.2-.5z",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13",
  moon: "M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z",
  download: "M8 2v8M4.8 7 8 10.2 11.2 7M3 13h10",
  connectors: "M5 3v3M11 3v3M3.5 6h9v2.5a4.5 4.5 0 0 1-9 0zM8 13v2",
  marketplace: "M2.5 6h11l-1-3.5h-9zM3.5 6v7.5h9V6M6.5 13.5V10h3v3.5",
  audience: "M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5a4.5 4.5 0 0 1 9 0M11 3a2.3 2.3 0 0 1 0 4.5M12 9.5a4 4 0 0 1 2.5 4",
  journey: "M3 3.5h5a2.5 2.5 0 0 1 0 5H7a2.5 2.5 0 0 0 0 5h6M3 2.2v2.6M13 12.2v2.6",
  feed: "M3 12.5v.5M3 8a5 5 0 0 1 5 5M3 3.5A9.5 9.5 0 0 1 12.5 13",
  worker: "M4 4h8v8H4zM6.5 1.5V4M9.5 1.5V4M6.5 12v2.5M9.5 12v2.5M1.5 6.5H4M1.5 9.5H4M12 6.5h2.5M12 9.5h2.5",
  audit: "M4 2h6l3 3v9H4zM6 7h5M6 9.5h5M6 12h3",
  users: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.5 14a5.5 5.5 0 0 1 11 0",
  deliveries: "M1.5 8h9M7.5 4.5 11 8l-3.5 3.5M14 3v10",
  deadLetters: "M2 4h12v8.5H2zM2 4l6 4.5L14 4",
  chevron: "M6 3.5 10.5 8 6 12.5",
  outside: "M6 3H3v10h10v-3M9 3h4v4M13 3 7.5 8.5",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  alert: "M8 2a4 4 0 0 1 4 4v3l1.5 2.5h-11L4 9V6a4 4 0 0 1 4-4zM6.5 13.5a1.6 1.6 0 0 0 3 0",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
