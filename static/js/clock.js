// The time by the server’s clock. A phone’s or projector’s own may be a day wrong, and may jump
// while the page is open: only how much time passes is taken from it.

// Whoever wakes from sleep or gets stale news asks again, with `ask`.
const TRUST_FOR_MS = 60000;

export class ServerClock {
  #offset = 0; // what performance.now() lacks to be the server’s time
  #doubt = Infinity; // by how much it may be wrong: half of what the answer took
  #heardAt = 0;

  constructor(moment) {
    const page = performance.getEntriesByType?.("navigation")[0];
    // Half of the way that the page took to us.
    this.heard(moment, page?.responseStart > 0 ? page.requestStart : performance.now(), page?.responseStart || performance.now());
  }

  // An answer that says what time it is, to what was asked at `askedAt` by performance.now().
  heard(moment, askedAt, answeredAt = performance.now()) {
    const at = Date.parse(moment);
    if (Number.isNaN(at)) return;
    const doubt = (answeredAt - askedAt) / 2;
    const old = performance.now() - this.#heardAt > TRUST_FOR_MS;
    if (doubt > this.#doubt && !old) return;
    this.#set(at - (askedAt + answeredAt) / 2, doubt);
  }

  // News that were sent without being asked for: they took some time, nobody knows how much. The
  // time is at least what they say; much more means that we slept, or were told wrong.
  overheard(moment) {
    const at = Date.parse(moment);
    if (Number.isNaN(at)) return true;
    const ahead = this.now() - at;
    if (ahead < 0) this.#set(at - performance.now(), Math.min(this.#doubt, 500));
    return ahead < 2000;
  }

  now() {
    return this.#offset + performance.now();
  }

  #set(offset, doubt) {
    this.#offset = offset;
    this.#doubt = doubt;
    this.#heardAt = performance.now();
  }
}

// A countdown: 12:40 within the hour, 3 h 05 min within two days, days beyond; `words` has the
// sentences of the page.
export function timeLeft(ms, words) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600);
  if (hours >= 48) return fill(words.days, { days: Math.floor(hours / 24) });
  if (hours) return fill(words.hours, { hours, minutes: String(minutes % 60).padStart(2, "0") });
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

export function fill(sentence, words) {
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => words[name]);
}

// The time of day as people in Britain read it: 9:30am.
export function timeOfDay(at) {
  return new Date(at).toLocaleTimeString("en-GB", {
    hour: "numeric", minute: "2-digit", hour12: true, timeZone: "Europe/London",
  }).replace(" ", "");
}
