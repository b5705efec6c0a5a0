// What changed within a value: words of a text, items of a list.

export interface Part {
  kind: "same" | "old" | "new";
  text: string;
}

// words compares two texts word by word. Long texts are compared by what they have in common at both
// ends only, so that the work stays small.
export function words(a: string, b: string): Part[] {
  const x = split(a);
  const y = split(b);
  let head = 0;
  while (head < x.length && head < y.length && x[head] === y[head]) head++;
  let tail = 0;
  while (tail < x.length - head && tail < y.length - head && x[x.length - 1 - tail] === y[y.length - 1 - tail]) tail++;
  const middleX = x.slice(head, x.length - tail);
  const middleY = y.slice(head, y.length - tail);
  const parts: Part[] = [];
  push(parts, "same", x.slice(0, head).join(""));
  if (middleX.length * middleY.length > 250_000) {
    push(parts, "old", middleX.join(""));
    push(parts, "new", middleY.join(""));
  } else for (const p of common(middleX, middleY)) push(parts, p.kind, p.text);
  push(parts, "same", x.slice(x.length - tail).join(""));
  return parts;
}

function split(s: string): string[] {
  return s.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

function push(parts: Part[], kind: Part["kind"], text: string) {
  if (!text) return;
  const last = parts.at(-1);
  if (last?.kind === kind) last.text += text;
  else parts.push({ kind, text });
}

function common(x: string[], y: string[]): Part[] {
  const w = y.length + 1;
  const length = new Uint16Array((x.length + 1) * w);
  for (let i = x.length - 1; i >= 0; i--)
    for (let j = y.length - 1; j >= 0; j--) length[i * w + j] = x[i] === y[j] ? length[(i + 1) * w + j + 1]! + 1 : Math.max(length[(i + 1) * w + j]!, length[i * w + j + 1]!);
  const parts: Part[] = [];
  let i = 0;
  let j = 0;
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && x[i] === y[j]) {
      push(parts, "same", x[i]!);
      i++;
      j++;
    } else if (i < x.length && (j >= y.length || length[(i + 1) * w + j]! >= length[i * w + j + 1]!)) push(parts, "old", x[i++]!);
    else push(parts, "new", y[j++]!);
  }
  return parts;
}

export interface ItemChange {
  kind: "same" | "old" | "new";
  value: unknown;
}

// items compares two lists; an item that moved counts as the same.
export function items(a: readonly unknown[], b: readonly unknown[]): ItemChange[] {
  const rest = new Map<string, number>();
  for (const v of b) {
    const k = JSON.stringify(v);
    rest.set(k, (rest.get(k) ?? 0) + 1);
  }
  const out: ItemChange[] = [];
  for (const v of a) {
    const k = JSON.stringify(v);
    const n = rest.get(k) ?? 0;
    if (n > 0) {
      rest.set(k, n - 1);
      out.push({ kind: "same", value: v });
    } else out.push({ kind: "old", value: v });
  }
  for (const v of b) {
    const k = JSON.stringify(v);
    const n = rest.get(k) ?? 0;
    if (n > 0) {
      rest.set(k, n - 1);
      out.push({ kind: "new", value: v });
    }
  }
  return out;
}
