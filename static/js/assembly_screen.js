// A screen of an assembly: it follows the stage by itself. The server draws each slide; what must
// be quick (the dark) and what moves by itself (the time) is done here.
import { followAssembly } from "./assembly.js";
import { Projector, write } from "./projector.js";

const CHECK_EVERY_MS = 3000;
const SEEN_EVERY_MS = 15000;
const SAY_EVERY_MS = 5000;
const DRAW_EVERY_MS = 500;
const SLOWEST_MS = 2000;

const projector = new Projector([".screen__head", ".screen__stage", ".screen__foot"]);
const spoken = document.querySelector("[data-spoken]");
let votedIn = 0;
let drawingSoon = 0;

function show(state) {
  document.body.classList.toggle("screen__body--dark", state.dark);
  watchVote(state.vote?.round ?? 0);
  projector.redraw();
}

// --- figures of a vote: more often than acts, and drawn at most twice a second --------------------

function watchVote(round) {
  if (round && round !== votedIn) socket?.emit("join", { round }, () => {});
  votedIn = round;
}

function drawSoon() {
  drawingSoon ||= setTimeout(() => {
    drawingSoon = 0;
    projector.redraw();
  }, DRAW_EVERY_MS);
}

// --- for people who listen: at most one announcement in five seconds, and only the newest ---------

let saidLast = projector.said.aloud;
let saidAt = -SAY_EVERY_MS;
let saying = 0;

function announce() {
  if (projector.said.aloud === saidLast || saying) return;
  saying = setTimeout(() => {
    saying = 0;
    saidAt = performance.now();
    saidLast = projector.said.aloud;
    write(spoken, saidLast);
  }, Math.max(0, saidAt + SAY_EVERY_MS - performance.now()));
}

// --- the facilitator sees that this screen is here, and what it shows -----------------------------

async function tellSeen() {
  const { seen, token, version } = projector.said;
  if (!seen) return;
  try {
    await fetch(seen, {
      method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ version }),
      signal: AbortSignal.timeout?.(5000),
    });
  } catch { /* the console will miss us, and the hall need not know */ }
}

document.addEventListener("drawn", announce);
setInterval(tellSeen, SEEN_EVERY_MS);
tellSeen();
const { screen, address } = projector.said;
const socket = followAssembly(Number(screen), address, {
  clock: projector.clock,
  show,
  heard(state) {
    projector.heard();
    if (!socket?.connected && state.vote?.is_open) drawSoon(); // nobody rings for its figures
  },
  reached: (isReached) => projector.reached(isReached),
  checkEvery: CHECK_EVERY_MS,
  slowest: SLOWEST_MS,
});
socket?.on("tally", (tally) => tally.round === votedIn && drawSoon());
socket?.on("connect", () => votedIn && socket.emit("join", { round: votedIn }, () => {}));
