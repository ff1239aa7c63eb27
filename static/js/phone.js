// A meeting's page that keeps itself up to date: on residents' phones, and as the speakers' panel.
// Only what changed is changed: what is being written is never touched, the focus stays where it
// is, and a signal lost for a moment is not worth a word. Without this script the page works too.
//
//   <div data-meeting="3" data-state="…/state.json" data-now="…/now" data-word data-version data-pulse data-moment>
//     data-part="now"          is replaced by the part of this name
//     data-when="asking"       is shown while this flag is set; data-unless the other way round
//     form[data-act]           is sent without leaving the page; buttons may belong to it by form="…"

import { followAssembly } from "./assembly.js";
import { ServerClock } from "./clock.js";

const SOON_MS = 2000; // not all phones of a hall at once
const POLL_MS = [2000, 6000];
const DOOR_MS = [1000, 5000];
const LATER_MS = [4000, 10000];
const SELDOM_MS = [15000, 30000];
const QUIET_FOR_MS = 3000;
const SAY_EVERY_MS = 5000;
const ANSWER_WITHIN_MS = 10000;

function openMeeting(page) {
  const meeting = Number(page.dataset.meeting);
  let word = page.dataset.word;
  let shown = { version: Number(page.dataset.version), pulse: page.dataset.pulse };
  const clock = new ServerClock(page.dataset.moment);
  let due = 0, timer = 0, fetching = false, again = false, leaving = 0;
  let flags = JSON.parse(page.dataset.flags ?? "{}"), said = JSON.parse(page.dataset.spoken ?? "[]");
  const isOver = Boolean(page.dataset.over);

  document.body.classList.add("js-enabled");
  const trying = openTrying(document.querySelector("[data-trying]"));
  const speaker = openSpeaker(page.querySelector("[data-said]"));
  const tick = () => showClocks(page, clock.now(), page.dataset.hours);
  setInterval(tick, 250);
  tick();

  // --- news ---

  function receive(state) {
    if (state.version < shown.version) return;
    if (!page.dataset.stays && (state.state === "ended") !== isOver) return leaveIn(between(0, SOON_MS));
    const before = shown;
    shown = state;
    if (state.version === before.version && state.pulse === before.pulse) return;
    if (page.dataset.now) fetchIn(delayFor(state, before));
  }

  function delayFor(state, before) {
    const vote = ({ vote }) => JSON.stringify(vote ?? null);
    if (page.dataset.brisk) return between(0, 300); // one of few
    if (state.version !== before.version || vote(state) !== vote(before)) return between(0, SOON_MS);
    if (flags.waiting && state.hands !== before.hands) return between(0, SOON_MS);
    if (flags.polling) return between(...POLL_MS);
    // Whoever is not checked in may stand at the door this moment; nobody else asks.
    if (flags.known === false) return between(...DOOR_MS);
    if (state.hands !== before.hands || state.questions !== before.questions) return between(...LATER_MS);
    return between(...SELDOM_MS);
  }

  function fetchIn(ms) {
    const at = Date.now() + ms;
    if (due && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(fetchNow, ms);
  }

  async function fetchNow() {
    due = 0;
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    const answer = await ask(withWord(page.dataset.now));
    fetching = false;
    if (answer) show(answer);
    if (!answer || again) fetchIn(between(SOON_MS, 2 * SOON_MS));
    again = false;
  }

  const withWord = (address) => `${address}${address.includes("?") ? "&" : "?"}have=${word}`;

  // --- showing ---

  function show(told) {
    if (told.joined === false) return leaveIn(0);
    word = told.word;
    if (told.state.version >= shown.version) shown = told.state;
    clock.overheard(told.state.now);
    for (const [name, html] of Object.entries(told.parts)) showPart(page.querySelector(`[data-part="${name}"]`), html);
    showFlags(told.flags);
    tick();
    const news = told.said.filter((sentence) => !said.includes(sentence));
    said = told.said;
    if (news.length) speaker.say(news.join(" "));
  }

  // The page is another one now. Whoever is writing keeps what they wrote until they are done.
  function leaveIn(ms) {
    clearTimeout(leaving);
    leaving = setTimeout(() => (isWriting(page) ? leaveIn(SOON_MS) : location.reload()), ms);
  }

  function showFlags(told) {
    flags = told;
    const set = (element, isShown) => { if (isShown || !isWriting(element)) element.hidden = !isShown; };
    for (const element of page.querySelectorAll("[data-when]")) set(element, Boolean(flags[element.dataset.when]));
    for (const element of page.querySelectorAll("[data-unless]")) set(element, !flags[element.dataset.unless]);
  }

  // --- acts ---

  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-act]") || event.submitter?.hasAttribute("data-leads-on")) return;
    event.preventDefault();
    send(form, event.submitter);
  });

  async function send(form, button) {
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const words = new URLSearchParams(new FormData(form));
    if (button?.name) words.set(button.name, button.value);
    const address = button?.getAttribute("formaction") || form.getAttribute("action");
    // Whatever phones send here can be sent twice unharmed.
    let answer = null;
    for (let wait = 500; answer === null; wait = Math.min(wait * 2, 8000)) {
      answer = await ask(withWord(address), words);
      if (answer !== null) break;
      refuse(form, page.dataset.notSent);
      await new Promise((go) => { setTimeout(go, wait + Math.random() * wait); });
    }
    delete form.dataset.sending;
    refuse(form, answer.error ?? "");
    if (answer.error) {
      speaker.say(answer.error);
      return;
    }
    for (const field of form.querySelectorAll("textarea, input[type=text]")) {
      field.value = "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    show(answer);
  }

  function refuse(form, sentence) {
    const place = form.querySelector("[data-refused]");
    if (!place) return;
    if (place.textContent !== sentence) place.textContent = sentence;
    place.hidden = !sentence;
  }

  // What the server says; an error where it said no; null while the signal or the server is away.
  async function ask(address, words) {
    const patience = new AbortController(); // AbortSignal.timeout() is missing in older phones
    const late = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
    try {
      const answer = await fetch(address, {
        method: words ? "POST" : "GET",
        body: words,
        headers: { Accept: "application/json" },
        cache: "no-store",
        signal: patience.signal,
      });
      if (answer.status >= 500 || answer.status === 429) return null;
      if (answer.headers.get("Content-Type")?.includes("json")) return await answer.json();
      return words ? { error: page.dataset.refused } : null; // only a page can say more
    } catch {
      return null;
    } finally {
      clearTimeout(late);
    }
  }

  countLetters(page);
  followAssembly(meeting, page.dataset.state, { clock, show: receive, reached: trying });
  addEventListener("pageshow", (event) => { if (event.persisted) fetchIn(0); });
}

function between(least, most) {
  return least + Math.random() * (most - least);
}

// Says that the meeting cannot be reached, but not of a gap that is over before anybody minds.
function openTrying(line) {
  let waiting = 0;
  return (isReached) => {
    if (isReached) {
      clearTimeout(waiting);
      waiting = 0;
      if (line) line.hidden = true;
    } else if (!waiting) {
      waiting = setTimeout(() => { if (line) line.hidden = false; }, QUIET_FOR_MS);
    }
  };
}

// --- the page --------------------------------------------------------------------------------------

// Brings a part up to date without a new element where the old one can stay: the focus stays too.
function showPart(part, html) {
  if (!part) return;
  const newer = document.createElement(part.tagName);
  newer.innerHTML = html; // our own templates, from our own server; the CSP runs nothing in it
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  matchChildren(part, newer);
  if (focused && !focused.isConnected) {
    const same = focused.id && document.getElementById(focused.id);
    (same || part).focus({ preventScroll: true }); // not to the top of the page
  }
}

function matchChildren(ours, newer) {
  const wanted = [...newer.childNodes];
  wanted.forEach((node, place) => {
    const here = ours.childNodes[place];
    if (!here) ours.append(node);
    else if (isSame(here, node)) matchNode(here, node);
    else {
      const later = node.id && [...ours.children].find((child) => child.id === node.id);
      if (later) {
        // Moved up the list: what stood before it is brought in order behind it.
        ours.insertBefore(later, here);
        matchNode(later, node);
      } else here.replaceWith(node);
    }
  });
  while (ours.childNodes.length > wanted.length) ours.lastChild.remove();
}

const isSame = (a, b) => a.nodeName === b.nodeName && (a.id ?? "") === (b.id ?? "");

function matchNode(ours, newer) {
  if (ours.nodeType !== Node.ELEMENT_NODE) {
    if (ours.data !== newer.data) ours.data = newer.data;
    return;
  }
  for (const { name } of [...ours.attributes]) if (!newer.hasAttribute(name)) ours.removeAttribute(name);
  for (const { name, value } of newer.attributes) if (ours.getAttribute(name) !== value) ours.setAttribute(name, value);
  matchChildren(ours, newer);
}

// Whether somebody has words in a field here that were not sent.
function isWriting(element) {
  const fields = [...element.querySelectorAll("textarea, input[type=text]")];
  return fields.some((field) => (field === document.activeElement || field.value !== field.defaultValue) && field.value.trim());
}

function showClocks(page, moment, inHours) {
  for (const clock of page.querySelectorAll("[data-ends-at]")) {
    const left = Math.ceil((new Date(clock.dataset.endsAt) - moment) / 1000);
    const said = left > 0 ? face(left, inHours) : clock.dataset.over;
    if (clock.textContent !== said) clock.textContent = said;
    clock.classList.toggle("wm-now__clock--over", left <= 0);
  }
  for (const clock of page.querySelectorAll("[data-since]")) {
    const said = face(Math.max(0, Math.floor((moment - new Date(clock.dataset.since)) / 1000)), inHours);
    if (clock.textContent !== said) clock.textContent = said;
  }
}

function face(seconds, inHours) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 600) return `${minutes}:${two(seconds % 60)}`;
  return inHours.replace("%(hours)s", Math.floor(minutes / 60)).replace("%(minutes)s", minutes % 60);
}

function countLetters(page) {
  for (const field of page.querySelectorAll("[data-count]")) {
    const left = field.closest("form").querySelector("[data-left]");
    const show = () => { left.textContent = field.value ? field.dataset.count.replace("%(left)s", field.maxLength - field.value.length) : ""; };
    field.addEventListener("input", show);
    show();
  }
}

// One polite announcement in five seconds at most; of more, the newest.
function openSpeaker(place) {
  let last = -SAY_EVERY_MS, waiting = 0;
  function speak(words) {
    last = performance.now();
    waiting = 0;
    if (place) place.textContent = words;
  }
  return {
    say(words) {
      clearTimeout(waiting);
      const wait = last + SAY_EVERY_MS - performance.now();
      if (wait <= 0) speak(words);
      else waiting = setTimeout(speak, wait, words);
    },
  };
}

const page = document.querySelector("[data-meeting]");
if (page) openMeeting(page);
