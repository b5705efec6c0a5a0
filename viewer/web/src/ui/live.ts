// Messages for screen readers, at most one in five seconds; the last one wins.
let box: HTMLElement | null = null;
let next = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let last = 0;

export function announceIn(el: HTMLElement | null) {
  box = el;
}

export function announce(message: string) {
  next = message;
  if (timer) return;
  timer = setTimeout(() => {
    timer = undefined;
    last = Date.now();
    if (box) box.textContent = next;
  }, Math.max(400, 5000 - (Date.now() - last)));
}
