import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface Props {
  title: string;
  /** Where it belongs: the page above, by name and address. */
  above?: { label: string; href: string };
  tags?: ComponentChildren;
  buttons?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, above, tags, buttons, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Patchbay`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div>
          {above && (
            <nav aria-label="Breadcrumb" class="breadcrumb">
              <a href={above.href}>{above.label}</a>
            </nav>
          )}
          <div class="page-title">
            <h1>{title}</h1>
            {tags}
          </div>
        </div>
        {buttons && <div class="buttons">{buttons}</div>}
      </header>
      {children}
    </>
  );
}

/** Nothing here yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
