// The assembly screen: countdown by the server’s clock, figures as they come. It never shows an
// error; when the hall is cut off it keeps the last true picture and says of when it is.
import { fill, follow, inThousands, pointsInWords, pounds, shapeOf, widthOfPoints } from "./live.js";

const AWAY_AFTER_MS = 4000;
const PARTS = [".screen__head", ".screen__stage", ".screen__foot", "[data-screen]"];
const titles = new Map(Object.entries(JSON.parse(document.getElementById("titles").textContent)));
const away = document.querySelector("[data-away]");
let said = document.querySelector("[data-screen]").dataset;
let fetching = false;
let leaving = 0;
let lastHeard = 0;

// --- the clock: a projector’s own may be wrong, and may jump while the page is open ----------------

let serverAt = Date.parse(said.now);
let heardAt = performance.now();

function setClock(moment) {
  if (Number.isNaN(moment)) return;
  serverAt = moment;
  heardAt = performance.now();
}

const serverNow = () => serverAt + performance.now() - heardAt;

function timeLeft(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const minutes = Math.floor(seconds / 60), hours = Math.floor(seconds / 3600);
  if (hours >= 48) return fill(said.days, { days: Math.floor(hours / 24) });
  if (hours) return fill(said.hours, { hours, minutes: String(minutes % 60).padStart(2, "0") });
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

function tick() {
  const clock = document.querySelector("[data-until]");
  if (!clock) return;
  const words = timeLeft(Date.parse(clock.dataset.until) - serverNow());
  if (clock.textContent !== words) clock.textContent = words;
}

// --- the picture ----------------------------------------------------------------------------------

async function show(tally) {
  if (shapeOf(tally) !== said.shape) {
    await redraw();
    return;
  }
  write("turnout", inThousands(tally.turnout));
  if (!tally.figures) return;
  write("left", pounds(tally.budget_pence - tally.spent_pence));
  write("covered", fill(said.covered, { covered: inThousands(tally.covered), turnout: inThousands(tally.turnout) }));
  const funded = tally.figures.filter((figure) => figure.funded).length;
  write("if_closed_now", fill(funded === 1 ? said.oneFunded : said.manyFunded, { num: inThousands(funded) }));
  drawBars(tally.figures);
}

function write(name, words) {
  const element = document.querySelector(`[data-figure="${name}"]`);
  if (element && element.textContent !== words) element.textContent = words;
}

function drawBars(figures) {
  const list = document.querySelector("[data-tally]");
  if (!list) return; // counted: the outcome, or a picture of it, stands there
  const rows = list.children, words = list.dataset;
  const mostPoints = Math.max(1, ...figures.map((figure) => figure.score ?? 0));
  const most = Math.max(1, ...figures.map((figure) => figure.votes));
  [...rows].forEach((row, place) => {
    const figure = figures[place];
    row.dataset.project = figure.code;
    row.classList.toggle("screen__row--funded", figure.funded);
    row.querySelector("[data-title]").textContent = titles.get(figure.code) ?? "";
    row.querySelector("[data-cost]").textContent = pounds(figure.cost_pence);
    const points = row.querySelector("[data-score]"), num = inThousands(figure.votes);
    row.querySelector("[data-votes]").textContent = points ? fill(figure.votes === 1 ? words.oneVote : words.manyVotes, { num }) : num;
    if (points) points.textContent = pointsInWords(figure.score, words);
    row.querySelector("[data-note]").textContent = figure.funded ? said.would : "";
    row.querySelector("[data-bar]").setAttribute("width", points ? widthOfPoints(figure.score, mostPoints) : Math.round((figure.votes * 1000) / most));
  });
}

// Another phase, or the first figures: the server draws the whole picture anew.
async function redraw() {
  if (fetching) return;
  fetching = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = PARTS.map((part) => page.querySelector(part));
    if (answer.ok && newer.every(Boolean)) {
      PARTS.forEach((part, i) => document.querySelector(part).replaceWith(newer[i]));
      said = document.querySelector("[data-screen]").dataset;
      setClock(Date.parse(said.now));
    }
  } catch {
    setTimeout(redraw, 2000 + Math.random() * 3000);
  }
  fetching = false;
}

// --- cut off, and back ----------------------------------------------------------------------------

function heard(tally, sentAt) {
  setClock(Date.parse(tally.now ?? sentAt));
  lastHeard = serverNow();
}

function reached(isReached) {
  if (isReached) {
    clearTimeout(leaving);
    leaving = 0;
    away.hidden = true;
  } else if (!leaving) {
    leaving = setTimeout(sayAway, AWAY_AFTER_MS);
  }
}

function sayAway() {
  const time = new Date(lastHeard || serverNow()).toLocaleTimeString("en-GB", {
    hour: "numeric", minute: "2-digit", hour12: true, timeZone: "Europe/London",
  });
  away.textContent = fill(away.dataset.words, { time: time.replace(" ", "") });
  away.hidden = false;
}

// A projector that goes dark in the middle of a vote is an error too.
async function stayAwake() {
  try {
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen");
  } catch { /* the browser may refuse, and nothing is lost */ }
}

setInterval(tick, 250);
tick();
stayAwake();
document.addEventListener("visibilitychange", stayAwake);
follow(Number(said.screen), said.address, show, { heard, reached });
