/** Grey bars where the rows will be, as tall as they will be, so that nothing jumps; words when it takes long. */
export function Loading({ rows = 4, what = "Loading" }: { rows?: number; what?: string }) {
  return (
    <div class="skeleton" role="status">
      <span class="skeleton-text">{what}…</span>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} class="skeleton-bar" aria-hidden="true" />
      ))}
    </div>
  );
}
