/** Where a JSON pointer's value stands in the text, so that a fault can be underlined there. */
interface Span {
  from: number;
  to: number;
}

export function locate(text: string, pointer: readonly string[]): Span | null {
  const reader = new Reader(text);
  return reader.find(pointer);
}

/** Where line and column of a text inside a JSON string are, which is written with escapes. */
export function withinString(text: string, span: Span, line: number, column: number): number {
  let index = span.from + 1;
  let [atLine, atColumn] = [1, 1];
  while (index < span.to - 1 && (atLine < line || (atLine === line && atColumn < column))) {
    const isEscape = text[index] === "\\";
    const width = !isEscape ? 1 : text[index + 1] === "u" ? 6 : 2;
    if (isEscape && text[index + 1] === "n") [atLine, atColumn] = [atLine + 1, 1];
    else atColumn += 1;
    index += width;
  }
  return index;
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  find(pointer: readonly string[]): Span | null {
    this.space();
    const from = this.at;
    if (pointer.length === 0) {
      return this.skip() ? { from, to: this.at } : null;
    }
    const [name, ...rest] = pointer;
    if (this.text[this.at] === "{") return this.inObject(name ?? "", rest);
    if (this.text[this.at] === "[") return this.inList(Number(name), rest);
    return null;
  }

  private inObject(name: string, rest: readonly string[]): Span | null {
    this.at += 1;
    for (;;) {
      this.space();
      const from = this.at;
      if (this.text[this.at] !== '"' || !this.skip()) return null;
      const key: unknown = JSON.parse(this.text.slice(from, this.at));
      this.space();
      if (this.text[this.at++] !== ":") return null;
      if (key === name) return this.find(rest);
      this.space();
      if (!this.skip() || !this.comma()) return null;
    }
  }

  private inList(index: number, rest: readonly string[]): Span | null {
    this.at += 1;
    for (let place = 0; ; place++) {
      if (place === index) return this.find(rest);
      this.space();
      if (!this.skip() || !this.comma()) return null;
    }
  }

  private comma(): boolean {
    this.space();
    return this.text[this.at++] === ",";
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  /** Over one whole value; false when there is none. */
  private skip(): boolean {
    const first = this.text[this.at];
    if (first === '"') return this.skipPattern(/"(?:[^"\\]|\\.)*"/y);
    if (first !== "{" && first !== "[") return this.skipPattern(/[^\s,\]}:]+/y);
    let depth = 0;
    do {
      const character = this.text[this.at];
      if (character === undefined) return false;
      if (character === '"') {
        if (!this.skip()) return false;
        continue;
      }
      if (character === "{" || character === "[") depth += 1;
      if (character === "}" || character === "]") depth -= 1;
      this.at += 1;
    } while (depth > 0);
    return true;
  }

  private skipPattern(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    this.at += found?.[0].length ?? 0;
    return found !== null;
  }
}
