// The checks before a meeting: looks again by itself, and checks what only this device can know.
// Without it the page says how to check by hand.

const LOOK_AGAIN = 5000;
const SOCKET_PATIENCE = 8000;
const CLOCK_TOLERANCE = 1000;

const checks = document.querySelector("#checks");
const words = checks.dataset;

function tag(isGood) {
  const made = document.createElement("strong");
  made.className = `wm-tag wm-tag--${isGood ? "good" : "wait"}`;
  made.textContent = isGood ? words.wordReady : words.wordToDo;
  return made;
}

function say(key, isGood, sentence) {
  const check = checks.querySelector(`[data-check="${key}"]`);
  const found = check.querySelector("[data-found]");
  if (found.textContent === sentence) return;
  check.querySelector("[data-state]").replaceChildren(tag(isGood));
  found.textContent = sentence;
}

function checkClock(serverNow, sentAt, receivedAt) {
  const off = Math.abs((sentAt + receivedAt) / 2 - serverNow);
  // As long as the answer was under way, nobody can say more exactly.
  const isGood = off <= CLOCK_TOLERANCE + (receivedAt - sentAt) / 2;
  const seconds = Math.round(off / 1000).toLocaleString("en-GB");
  say("clock", isGood, isGood ? words.clockGood : words.clockBad.replace("%s", seconds));
}

function checkSocket() {
  const socket = window.io({ transports: ["websocket"], reconnection: false });
  const patience = setTimeout(() => say("socket", false, words.socketBad), SOCKET_PATIENCE);
  const told = (isGood) => {
    clearTimeout(patience);
    say("socket", isGood, isGood ? words.socketGood : words.socketBad);
    socket.close();
  };
  socket.on("connect", () => told(true));
  socket.on("connect_error", () => told(false));
}

async function lookAgain() {
  try {
    const sentAt = Date.now();
    const answer = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
    const receivedAt = Date.now();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("#checks");
    if (!fresh) return;
    checkClock(Number(fresh.dataset.now), sentAt, receivedAt);
    for (const check of checks.querySelectorAll("[data-check]")) {
      const key = check.dataset.check;
      const now = fresh.querySelector(`[data-check="${key}"]`);
      if (!now || key === "clock" || key === "socket") continue;
      for (const part of ["[data-state]", "[data-found]"]) {
        const [old, next] = [check.querySelector(part), now.querySelector(part)];
        if (old.textContent !== next.textContent) old.replaceChildren(...next.childNodes);
      }
    }
    const summary = page.querySelector("#summary");
    document.querySelector("#summary").textContent = summary.textContent;
  } catch {
    // The network is away: what stands there stays, and we ask again.
  }
}

if (window.io) checkSocket();
lookAgain();
setInterval(lookAgain, LOOK_AGAIN);
