// What one person prefers, in this browser: theme, zone, single-letter keys. Nothing of the log is
// ever kept here.
const name = "daybook";

interface Preferences {
  theme?: "light" | "dark";
  zone?: string;
  keys?: "off";
}

function read(): Preferences {
  try {
    const v = JSON.parse(localStorage.getItem(name) ?? "{}") as unknown;
    return v && typeof v === "object" ? (v as Preferences) : {};
  } catch {
    return {};
  }
}

let current = read();

export const keys = {
  get off() {
    return current.keys === "off";
  },
};

export function preference<K extends keyof Preferences>(k: K): Preferences[K] {
  return current[k];
}

export function prefer<K extends keyof Preferences>(k: K, v: Preferences[K]) {
  current = { ...current, [k]: v };
  if (v === undefined) delete current[k];
  try {
    localStorage.setItem(name, JSON.stringify(current));
  } catch {
    // Without storage a preference lasts as long as the page.
  }
  if (k === "theme") theme();
}

export function theme() {
  if (current.theme) document.documentElement.dataset["theme"] = current.theme;
  else delete document.documentElement.dataset["theme"];
}
