/** A partner's sign: its initials on a colour that is always the same for the same type. */
export function TypeMark({ type, label }: { type: string; label: string }) {
  const initials = label.split(/\s+/).map((word) => word[0]).join("").slice(0, 2).toUpperCase();
  return (
    <span class={`type-mark hue-${hueOf(type)}`} aria-hidden="true">
      {initials}
    </span>
  );
}

function hueOf(type: string): number {
  let sum = 0;
  for (const character of type) sum = (sum * 31 + character.charCodeAt(0)) % 997;
  return sum % 8;
}
