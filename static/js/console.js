// The facilitator’s console: acts without a reload, follows other facilitators, counts down by the
// server’s clock, and takes keys. Without this script every button is a plain form.

const place = document.querySelector("[data-console]");
const ASK_EVERY_MS = 3000; // without a socket; with one only to be sure, and for what drifts
const ASK_BESIDE_SOCKET_MS = 15000;
const ASK_OF_VOTE_MS = 3000; // the hall’s screens show each ballot: whoever may stop the vote must too
const SAY_EVERY_MS = 5000;
const NOTICE_STAYS_MS = 10000; // what was refused must be read before the next look wipes it away

let busy = false; // an act is on its way: the next must be made for what it brings
let looking = false;
let connected = false;
let isVoteOpen = false;
let noticeUntil = 0;
let ahead = 0; // this device’s clock against the server’s

// --- parts -----------------------------------------------------------------------------------------

const isTyping = (element) => element?.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]") ?? false;

// What drifts (seconds ago, seconds left) is no news by itself.
function lasting(part) {
  const copy = part.cloneNode(true);
  for (const drifting of copy.querySelectorAll("[data-drifts]")) drifting.textContent = "";
  return copy.outerHTML;
}

const partsOf = (page) => [...page.querySelectorAll("[data-part]")].map((part) => part.id).join();

function swapIn(html, isAnswer = false) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!page.querySelector("[data-console]")) return false;
  // The meeting began or ended: other parts stand on the page then.
  if (partsOf(page) !== partsOf(document)) return false;
  const before = document.querySelector("[data-announce]").dataset.announce;
  for (const newer of page.querySelectorAll("[data-part]")) {
    const ours = document.getElementById(newer.id);
    if (newer.id === "console-notice") {
      if (isAnswer || newer.childElementCount) noticeUntil = Date.now() + NOTICE_STAYS_MS;
      else if (Date.now() < noticeUntil) continue;
    }
    if (!ours || ours.outerHTML === newer.outerHTML) continue;
    const focused = ours.contains(document.activeElement) ? document.activeElement : null;
    if (isTyping(focused)) continue;
    if (lasting(ours) === lasting(newer)) {
      const now = newer.querySelectorAll("[data-drifts]");
      ours.querySelectorAll("[data-drifts]").forEach((old, at) => { old.textContent = now[at].textContent; });
      if (newer.dataset.now) ours.dataset.now = newer.dataset.now;
      continue;
    }
    ours.replaceWith(newer);
    // An update never moves the focus; where its button is gone it must not land on another.
    if (focused) (document.getElementById(focused.id) ?? document.getElementById("heading-now")).focus({ preventScroll: true });
  }
  const version = document.querySelector("[data-version]").dataset.version;
  for (const field of document.querySelectorAll("[data-acts] input[name=version]")) field.value = version;
  setClock();
  const after = document.querySelector("[data-announce]").dataset.announce;
  if (after !== before) announce(after);
  return true;
}

// --- a screen reader hears what is on the screens, at most once in five seconds --------------------

let toSay = "";
let silentUntil = 0;

function announce(words) {
  toSay = words;
  setTimeout(() => {
    if (!toSay || Date.now() < silentUntil) return;
    document.querySelector("[data-status]").textContent = toSay;
    toSay = "";
    silentUntil = Date.now() + SAY_EVERY_MS;
  }, Math.max(0, silentUntil - Date.now()));
}

// --- acts ------------------------------------------------------------------------------------------

function complain() {
  const notice = document.getElementById("console-notice");
  const words = document.createElement("p");
  words.textContent = place.dataset.away;
  notice.replaceChildren(words);
  noticeUntil = Date.now() + NOTICE_STAYS_MS;
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-acts]");
  if (!form) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  try {
    const button = event.submitter;
    const answer = await fetch(button?.hasAttribute("formaction") ? button.formAction : form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form, button)),
      signal: AbortSignal.timeout?.(10000),
    });
    const html = await answer.text();
    if (button?.closest("details")) button.closest("details").open = false;
    const typed = form.querySelector("input[name=name]");
    if (typed) typed.value = "";
    // No console came back (signed out): the page itself says why.
    if (!swapIn(html, true)) location.assign(place.dataset.address);
  } catch {
    complain();
  } finally {
    busy = false;
  }
});

async function look() {
  if (busy || looking) return;
  looking = true;
  try {
    const answer = await fetch(place.dataset.address, { cache: "no-store", signal: AbortSignal.timeout?.(10000) });
    const html = await answer.text();
    if (answer.ok && !busy && !swapIn(html) && !isTyping(document.activeElement)) location.assign(place.dataset.address);
  } catch {
    // the next look, or the socket, will bring it
  } finally {
    looking = false;
  }
}

let lastLook = Date.now();
const askEvery = () => (!connected ? ASK_EVERY_MS : isVoteOpen ? ASK_OF_VOTE_MS : ASK_BESIDE_SOCKET_MS);
setInterval(() => {
  if (document.hidden || Date.now() - lastLook < askEvery()) return;
  lastLook = Date.now();
  look();
}, 500);

if (typeof io !== "undefined") {
  const socket = io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 4000 });
  let shown = "";
  const news = (state) => {
    const now = `${state.version}|${state.pulse}`;
    if (state.refused) return;
    isVoteOpen = Boolean(state.vote?.is_open);
    if (now === shown) return;
    shown = now;
    lastLook = Date.now();
    look();
  };
  socket.on("connect", () => {
    connected = true;
    socket.emit("follow", { assembly: Number(place.dataset.console) }, news);
  });
  socket.on("assembly", news);
  socket.on("disconnect", () => { connected = false; });
}

// --- clocks ----------------------------------------------------------------------------------------

function setClock() {
  ahead = Date.now() - new Date(document.getElementById("console-clock-base").dataset.now);
}

const inMinutes = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function tick() {
  const now = Date.now() - ahead;
  for (const clock of document.querySelectorAll("[data-clock][data-until]")) {
    clock.textContent = inMinutes(Math.max(0, Math.ceil((new Date(clock.dataset.until) - now) / 1000)));
  }
  for (const bar of document.querySelectorAll(".console-undo")) {
    const left = Math.ceil((new Date(bar.dataset.until) - now) / 1000);
    if (left <= 0) bar.remove();
    else bar.querySelector("[data-counts]").textContent = bar.querySelector("[data-counts]").textContent.replace(/\d+/, left);
  }
}

setClock();
setInterval(tick, 250);

// --- keys ------------------------------------------------------------------------------------------

const KEYS = { " ": "next", ArrowRight: "next", ArrowLeft: "back", b: "b", B: "b", t: "t", T: "t" };
const keysOn = document.getElementById("keys-on");
document.querySelector("[data-keys]").hidden = false;
keysOn.checked = localStorage.getItem("console-keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("console-keys", keysOn.checked ? "on" : "off"));

document.addEventListener("keydown", (event) => {
  const name = KEYS[event.key];
  if (!name || !keysOn.checked || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (isTyping(event.target)) return;
  // A space presses what has the focus, and nothing besides.
  if (event.key === " " && event.target.closest("button, a, summary, input")) return;
  event.preventDefault();
  document.querySelector(`[data-key="${name}"]:not(:disabled)`)?.click();
});
