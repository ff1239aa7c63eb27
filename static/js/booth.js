// The booth: running total, limits said before they are broken, choices kept on this device,
// sending that outlasts a lost signal, and a look at the receipt before anything is called Counted.
// Without this script the form works as it stands.

const SAY_AFTER_MS = 1500; // one announcement for a run of taps
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 20000;
const ANSWER_WITHIN_MS = 20000;
const NONCE_BYTES = 16;

const form = document.querySelector("[data-booth]");
const forget = document.querySelector("[data-forget-draft]");
if (forget) forgetDraft(forget.dataset.forgetDraft);
if (form) openBooth(form);

function draftName(round) {
  return `wardmote-draft-${round}`;
}

// Private windows and full devices refuse storage: then there is no draft, and that is all.
function readDraft(round) {
  try {
    return JSON.parse(localStorage.getItem(draftName(round)));
  } catch {
    return null;
  }
}

function keepDraft(round, draft) {
  try {
    if (draft) localStorage.setItem(draftName(round), JSON.stringify(draft));
    else localStorage.removeItem(draftName(round));
  } catch { /* see above */ }
}

function forgetDraft(round) {
  if (round) keepDraft(round, null);
}

// What proves later that the ballot is in the box. The choices are no part of it.
function keepReceipt(round, clientNonce, { commitment, server_nonce, signature, code }) {
  const kept = { round: Number(round), commitment, client_nonce: clientNonce, server_nonce, signature, code };
  try {
    localStorage.setItem(`wardmote-receipt-${round}`, JSON.stringify(kept));
  } catch { /* see above */ }
}

function drawNonce() {
  return [...crypto.getRandomValues(new Uint8Array(NONCE_BYTES))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fill(sentence, words) {
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => words[name]);
}

function pounds(pence) {
  const digits = pence % 100 ? 2 : 0;
  return "£" + (pence / 100).toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

// A paper on which projects are ticked. `draft` is what to keep, nothing for an empty paper.
function tickedPaper(fields) {
  const ticked = () => fields.filter((field) => field.checked);
  return {
    several: fields[0]?.type === "checkbox",
    draft: () => (ticked().length ? ticked().map((field) => field.value) : null),
    restore(draft) {
      if (!Array.isArray(draft)) return;
      for (const field of fields) if (draft.includes(field.value)) field.checked = true;
    },
    figures() {
      const cost = ticked().reduce((sum, field) => sum + Number(field.dataset.cost), 0);
      return { chosen: ticked().length, cost, given: 0, yes: 0, no: 0 };
    },
  };
}

// A paper with a field at each project or place: what it is about stands in data-mark.
function markedPaper(fields) {
  const isRadio = (field) => field.type === "radio";
  const filled = () => fields.filter((field) => field.value.trim() && (!isRadio(field) || field.checked));
  return {
    several: false,
    draft: () => (filled().length ? Object.fromEntries(filled().map((field) => [field.dataset.mark, field.value])) : null),
    restore(draft) {
      for (const field of fields) {
        const kept = draft?.[field.dataset.mark];
        if (typeof kept !== "string") continue;
        if (isRadio(field)) field.checked = field.value === kept;
        else field.value = kept;
        if (!isRadio(field) && field.value !== kept) field.value = ""; // no longer on the list
      }
    },
    figures() {
      const values = filled().map((field) => field.value.trim()).filter((value) => value !== "0");
      const given = values.reduce((sum, value) => sum + (/^[+-]?\d{1,9}$/.test(value) ? Number(value) : 0), 0);
      const count = (wanted) => values.filter((value) => value === wanted).length;
      return { chosen: values.length, cost: 0, given, yes: count("1"), no: count("-1") };
    },
  };
}

function openBooth(form) {
  const said = form.dataset;
  const round = said.round;
  const marks = [...form.querySelectorAll("[data-mark]")];
  const paper = marks.length ? markedPaper(marks) : tickedPaper([...form.querySelectorAll(".wm-choice__box")]);
  const part = (name) => form.querySelector(`[data-${name}]`);
  const total = part("total"), limit = part("total-limit"), state = part("total-state"), spoken = part("said");
  const cast = form.querySelector("button:not([name])");
  const budget = Number(said.budget), most = Number(said.most), points = Number(said.points);
  const doubt = openDoubt(form, part("doubt"));
  let sending = null; // what is on its way: the form's words, and nothing else
  let sent = false;
  let nonce = drawNonce(); // this phone's share in the commitment: one for a ballot, however often it is sent
  let saying = 0;

  function say(words) {
    clearTimeout(saying);
    saying = setTimeout(() => { spoken.textContent = words; }, SAY_AFTER_MS);
  }

  // Why the paper cannot be cast as it stands; nothing when it can.
  function breach({ chosen, cost, given }) {
    if (chosen > most) return fill(said.tooMany, { actual: chosen, limit: most });
    if (said.knapsack && cost > budget) return fill(said.tooDear, { actual: pounds(cost), limit: pounds(budget) });
    if (points && given > points) return fill(said.tooManyPoints, { actual: given, limit: points });
    return "";
  }

  function show() {
    const figures = paper.figures();
    const { chosen, cost, given } = figures;
    const over = points ? given > points : cost > budget;
    const wrong = breach(figures);
    const full = points ? given === points : said.limited && chosen === most && paper.several;
    const money = pounds(Math.abs(budget - cost));
    total.textContent = fill(over ? said.over : said.left, { ...figures, most, money, points, rest: Math.abs(points - given) });
    total.classList.toggle("wm-total__text--over", Boolean(wrong));
    limit.textContent = wrong || (full ? said.full : "");
    limit.hidden = !limit.textContent;
    return `${total.textContent}. ${limit.textContent}`;
  }

  function changed() {
    keepDraft(round, paper.draft());
    if (sent) {
      // Other choices are another ballot: what was on its way is no longer tried again.
      startAnew();
      state.textContent = said.notYet;
    }
    say(show());
  }

  // What is cast next is another ballot than what was sent before.
  function startAnew() {
    form.elements.request_id.value = crypto.getRandomValues(new Uint32Array(4)).join("-");
    nonce = drawNonce();
    sent = false;
    stopSending();
  }

  function restore() {
    if (said.sent) return keepDraft(round, paper.draft());
    paper.restore(readDraft(round));
    if (!paper.draft()) return;
    state.textContent = `${said.notYet}. ${said.restored}`;
  }

  function why() {
    const figures = paper.figures();
    return figures.chosen ? breach(figures) : said.nothing;
  }

  function refuse(words) {
    limit.textContent = words;
    limit.hidden = false;
    total.classList.add("wm-total__text--over");
    clearTimeout(saying);
    spoken.textContent = "";
    setTimeout(() => { spoken.textContent = words; }, 50);
  }

  async function send() {
    form.elements.client_nonce.value = nonce;
    doubt.hide();
    const checks = loadChecks(said.checks); // on its way together with the ballot
    const words = (sending = new URLSearchParams(new FormData(form)));
    sent = true;
    cast.disabled = true;
    state.textContent = said.sending;
    for (let wait = FIRST_WAIT_MS; sending === words; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const answer = await ask(words);
      if (sending !== words) return;
      if (answer !== null) return settle(answer, words, checks);
      state.textContent = said.trying;
      if (spoken.textContent !== said.trying) spoken.textContent = said.trying;
      await pause(wait / 2 + (Math.random() * wait) / 2);
    }
  }

  function stopSending() {
    sending = null;
    cast.disabled = false;
  }

  // The text of an answer, empty if it is none for this script; null while the signal or the server
  // is away.
  async function ask(words) {
    const patience = new AbortController(); // AbortSignal.timeout() is missing in older phones, and a ballot must not wait for ever
    const timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: words,
        headers: { Accept: "application/json" },
        signal: patience.signal,
      });
      if (answer.status >= 500 || answer.status === 429) return null;
      return answer.ok || answer.status === 422 ? await answer.text() : "";
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  function pause(ms) {
    return new Promise((go) => {
      const timer = setTimeout(end, ms);
      function end() {
        clearTimeout(timer);
        removeEventListener("online", end);
        go();
      }
      addEventListener("online", end);
    });
  }

  async function settle(answer, words, checks) {
    let next = "", receipt;
    try {
      ({ next = "", receipt } = JSON.parse(answer));
    } catch { /* a page, not an answer to this script */ }
    if (!next) {
      // The server has something to explain: sent again as a form, its page is shown. The same
      // request twice is one ballot.
      sending = null;
      return form.submit();
    }
    if (next.endsWith("/counted")) {
      const wrong = await whatIsWrong(receipt, words, await checks ?? await loadChecks(said.checksAgain));
      if (sending !== words) return; // other choices were made meanwhile
      if (wrong) return distrust(wrong, receipt);
      forgetDraft(round);
    }
    sending = null;
    location.assign(next);
  }

  // Why the receipt is not good; nothing if it is, or if this phone is too old to check it.
  async function whatIsWrong(receipt, words, checks) {
    if (!checks) return "";
    const clientNonce = words.get("client_nonce");
    const choices = checks.canonicalChoices(said.format, words);
    const sent = { round: Number(round), clientNonce, choices, publicKey: said.publicKey };
    const wrong = checks.checkReceipt(sent, receipt);
    if (!wrong) keepReceipt(round, clientNonce, receipt);
    return wrong;
  }

  function distrust(wrong, receipt) {
    startAnew(); // tried again, it is a ballot of its own, which replaces this one
    state.textContent = said.notAccepted;
    doubt.show(wrong, receipt?.code);
  }

  form.addEventListener("change", (event) => { if (event.target.matches(".wm-choice__box, [data-mark]")) changed(); });
  form.addEventListener("input", (event) => { if (event.target.matches("input[type=text][data-mark]")) changed(); });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    const wrong = why();
    if (wrong) return refuse(wrong);
    send();
  });
  addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
  // A page brought back by the back button may be older than what was cast since.
  // One loaded afresh may have had its ticks put back by the browser after the total was made.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); else show(); });

  part("add-up").hidden = true;
  restore();
  show();
}

// The functions that check a receipt, or nothing where they cannot be had.
async function loadChecks(address) {
  const late = new Promise((go) => { setTimeout(go, ANSWER_WITHIN_MS, null); });
  return Promise.race([import(address).catch(() => null), late]);
}

// What is said in place of Counted when a receipt does not hold.
function openDoubt(form, notice) {
  let times = 0;
  const show = (wanted, isShown) => { for (const found of notice.querySelectorAll(wanted)) found.hidden = !isShown(found); };
  return {
    hide() { notice.hidden = true; },
    show(wrong, code) {
      times += 1;
      const isCode = typeof code === "string" && /^[0-9A-Z]{16}$/.test(code);
      show("[data-reason]", (reason) => reason.dataset.reason === wrong);
      show("[data-doubt-first]", () => times === 1);
      show("[data-doubt-again]", () => times > 1);
      show("[data-doubt-keep]", () => isCode);
      notice.querySelector("[data-doubt-code]").textContent = isCode ? code.match(/.{4}/g).join(" ") : "";
      for (const state of form.querySelectorAll("[data-earlier]")) state.hidden = true; // may no longer be true
      notice.hidden = false;
      notice.focus({ preventScroll: true }); // on a small screen that would show its end
      notice.scrollIntoView();
    },
  };
}
