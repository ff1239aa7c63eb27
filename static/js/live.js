// News of a round's figures: through a socket, or asked for by HTTP while there is none. Pages
// keep the last true figures and never show that something failed.
//
//   <div data-live="3" data-address="/rounds/3/tally.json"> … data-figure, data-project … </div>
import { fill } from "./clock.js";
import { newsOf } from "./news.js";

const PHASES = ["set-up", "ideas", "screening", "debate", "vote", "count", "sign-off", "delivery", "review"];
const DAY_MS = 86400000;

const nothing = () => {};

// Calls show(tally) with every newer tally, heard(tally, askedAt, sentAt) with every one at all, and
// reached(true or false) as the server can be reached, or not.
export function follow(round, address, show, { heard = nothing, reached = nothing } = {}) {
  let latest = null;

  function receive(tally, askedAt, sentAt) {
    if (!tally || tally.round !== round) return;
    heard(tally, askedAt, sentAt);
    if (latest && isOlder(tally, latest)) return;
    latest = tally;
    show(tally);
  }

  newsOf({ hello: "join", words: { round }, event: "tally", address, receive, reached });
}

// A higher (version, turnout) is never older; with both the same, a later phase is newer.
export function isOlder(tally, than) {
  const place = (t) => [t.version, t.turnout, PHASES.indexOf(t.phase)];
  const [a, b] = [place(tally), place(than)];
  const at = a.findIndex((part, i) => part !== b[i]);
  return at >= 0 && a[at] < b[at];
}

// What a page must be fetched again for: another phase, or figures where there were none.
export function shapeOf(tally) {
  return `${tally.phase}|${tally.figures ? "figures" : "none"}`;
}

// Puts a newer page's element in the place of ours; on any failure ours stays.
export async function fetchPart(selector) {
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout?.(10000) });
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.querySelector(selector), ours = document.querySelector(selector);
    if (!newer || !ours) return false;
    ours.replaceWith(newer);
    return true;
  } catch {
    return false;
  }
}

export const inThousands = (number) => number.toLocaleString("en-GB");

export function pounds(pence) {
  const digits = pence % 100 ? 2 : 0;
  return "£" + (pence / 100).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function pointsInWords(score, words) {
  return fill(score === 1 ? words.onePoint : words.manyPoints, { num: inThousands(score) });
}

// In thousandths of the longest bar; somebody’s “no” may leave a project less than nothing.
export const widthOfPoints = (score, most) => Math.floor((Math.max(0, score) * 1000) / most);

// --- the tally page and the receipt ---------------------------------------------------------------

const SELECTOR = "[data-live]";
let place = document.querySelector(SELECTOR);
if (place) {
  follow(Number(place.dataset.live), place.dataset.address, showOnPage, { heard: setClock });
  setInterval(sayAge, 1000);
}

// How far this device's clock is behind the server's: it may be wrong. Until the server has told
// us the time, the age stays as the page came.
let behind = null;

function setClock(tally, _askedAt, sentAt) {
  const told = tally.now ?? sentAt;
  if (told) behind = new Date(told) - Date.now();
}

function sayAge() {
  const from = place.querySelector("[data-figures-from]");
  if (!from || behind === null) return;
  const at = new Date(from.dataset.figuresFrom), now = new Date(Date.now() + behind);
  const said = fill(from.dataset.words, { time: timeInWords(at, now, from.dataset), age: ageInWords(now - at, from.dataset) });
  if (from.textContent !== said) from.textContent = said;
}

// The time alone tells nothing once a day has passed; the year only where it is another one.
function timeInWords(at, now, words) {
  const here = { timeZone: "Europe/London" };
  if (now - at < DAY_MS) return at.toLocaleTimeString("en-GB", { ...here, hour12: false });
  const year = (moment) => moment.toLocaleDateString("en-GB", { ...here, year: "numeric" });
  const date = at.toLocaleDateString("en-GB", { ...here, day: "numeric", month: "long" });
  const time = at.toLocaleTimeString("en-GB", { ...here, hour: "2-digit", minute: "2-digit", hour12: false });
  return fill(words.dated, { date: year(at) === year(now) ? date : `${date} ${year(at)}`, time });
}

function ageInWords(ms, words) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [length, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([length]) => seconds >= length) ?? [1, "second"];
  const num = Math.floor(seconds / length);
  return num === 1 ? words[unit] : fill(words[`${unit}s`], { num });
}

let fetching = false;

async function showOnPage(tally) {
  if (place.dataset.shape && place.dataset.shape !== shapeOf(tally) && !fetching) {
    fetching = true;
    const done = await fetchPart(SELECTOR);
    fetching = false;
    place = document.querySelector(SELECTOR);
    if (done) return;
  }
  say("turnout_words", { turnout: inThousands(tally.turnout), roll: inThousands(tally.roll_size) });
  say("turnout", { turnout: inThousands(tally.turnout) });
  say("covered_words", { covered: inThousands(tally.covered), turnout: inThousands(tally.turnout), step: tally.step });
  if (tally.spent_pence !== null) {
    say("left", { left: pounds(tally.budget_pence - tally.spent_pence) });
  }
  const from = place.querySelector("[data-figures-from]");
  if (from && tally.at) from.dataset.figuresFrom = tally.at;
  sayAge();
  if (tally.figures) drawBars(tally);
}

function say(name, words) {
  for (const element of place.querySelectorAll(`[data-figure="${name}"]`)) {
    const said = fill(element.dataset.words ?? "", words);
    if (said && element.textContent !== said) element.textContent = said;
  }
}

function drawBars(tally) {
  const list = place.querySelector("[data-tally]");
  if (!list) return;
  const rows = new Map([...list.children].map((row) => [row.dataset.project, row]));
  const mostPoints = Math.max(1, ...tally.figures.map((figure) => figure.score ?? 0));
  for (const figure of tally.figures) {
    const row = rows.get(figure.code);
    if (!row) continue;
    const share = tally.covered ? Math.round((figure.votes * 100) / tally.covered) : 0;
    const points = row.querySelector("[data-score]"), inPoints = points && figure.score !== undefined;
    const votes = row.querySelector("[data-votes]"), bar = row.querySelector("[data-bar]"), note = row.querySelector("[data-note]");
    votes.textContent = fill(figure.votes === 1 ? list.dataset.oneVote : list.dataset.manyVotes, { num: inThousands(figure.votes), share });
    if (inPoints) points.textContent = pointsInWords(figure.score, list.dataset);
    bar.setAttribute("width", inPoints ? widthOfPoints(figure.score, mostPoints) : share * 10);
    bar.classList.toggle("wm-bar__fill--strong", figure.funded);
    bar.classList.toggle("wm-bar__fill", !figure.funded);
    row.classList.toggle("wm-tally__row--funded", figure.funded);
    if (note) note.textContent = figure.funded ? list.dataset.funded : list.dataset.notFunded;
    list.append(row); // the tally comes in the order of the rule
  }
  const funded = tally.figures.filter((figure) => figure.funded);
  say("funded_words", { num: funded.length, spent: pounds(tally.spent_pence), left: pounds(tally.budget_pence - tally.spent_pence) });
}
