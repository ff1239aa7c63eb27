// What every page for a projector does: draws its parts anew, counts down by the server’s clock,
// stays awake, and never shows an error - cut off, it keeps the last true picture and says of when.
import { fill, ServerClock, timeLeft, timeOfDay } from "./clock.js";

const AWAY_AFTER_MS = 4000;
const RETRY_MS = 1500;

export class Projector {
  #parts;
  #away = document.querySelector("[data-away]");
  #drawing = false;
  #again = false;
  #leaving = 0;
  #lastTrue;

  constructor(parts) {
    this.#parts = [...parts, "[data-screen]"];
    this.clock = new ServerClock(this.said.now);
    this.heard();
    this.tick();
    setInterval(() => this.tick(), 200);
    stayAwake();
    document.addEventListener("visibilitychange", stayAwake);
  }

  // The page’s own words and facts, newer with every drawing.
  get said() {
    return document.querySelector("[data-screen]").dataset;
  }

  // What stands here is true at this moment.
  heard() {
    this.#lastTrue = this.clock.now();
  }

  // Lets the server draw the picture anew; asked again meanwhile, once more.
  async redraw() {
    if (this.#drawing) {
      this.#again = true;
      return;
    }
    this.#drawing = true;
    this.#again = false;
    if (!(await this.#drawn())) setTimeout(() => this.redraw(), RETRY_MS * (0.7 + Math.random() * 0.6));
    this.#drawing = false;
    if (this.#again) this.redraw();
  }

  async #drawn() {
    const askedAt = performance.now();
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout?.(10000) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const newer = this.#parts.map((part) => page.querySelector(part));
      if (!answer.ok || !newer.every(Boolean)) return false;
      this.#parts.forEach((part, i) => document.querySelector(part).replaceWith(newer[i]));
      this.clock.heard(this.said.now, askedAt);
      this.heard();
      this.tick();
      document.dispatchEvent(new Event("drawn"));
      return true;
    } catch {
      return false;
    }
  }

  tick() {
    const now = this.clock.now(), said = this.said;
    for (const countdown of document.querySelectorAll("[data-until]")) {
      const left = Date.parse(countdown.dataset.until) - now;
      write(countdown, left <= 0 && countdown.dataset.over ? countdown.dataset.over : timeLeft(left, said));
    }
    for (const ring of document.querySelectorAll("[data-ring]")) {
      const share = Math.max(0, Date.parse(ring.dataset.ring) - now) / (ring.dataset.whole * 1000);
      ring.setAttribute("stroke-dasharray", `${(Math.min(1, share) * 1000).toFixed(1)} 1000`);
    }
    for (const clock of document.querySelectorAll("[data-time-of-day]")) write(clock, timeOfDay(now));
  }

  reached(isReached) {
    if (isReached) {
      clearTimeout(this.#leaving);
      this.#leaving = 0;
      this.#away.hidden = true;
    } else if (!this.#leaving) {
      this.#leaving = setTimeout(() => this.#sayAway(), AWAY_AFTER_MS);
    }
  }

  #sayAway() {
    this.#away.textContent = fill(this.#away.dataset.words, { time: timeOfDay(this.#lastTrue) });
    this.#away.hidden = false;
  }
}

export function write(element, words) {
  if (element && element.textContent !== words) element.textContent = words;
}

// A projector that goes dark in the middle of a vote is an error too.
async function stayAwake() {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch { /* the browser may refuse, and nothing is lost */ }
}
