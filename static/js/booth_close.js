// When a hall’s vote closes, beside the button that casts: the facilitator may stop it, or give it
// more time, while somebody is still choosing. Without this script the page says the time it knew.
import { followAssembly } from "./assembly.js";
import { fill, ServerClock, timeLeft } from "./clock.js";

const line = document.querySelector("[data-closes]");
const spoken = document.querySelector("[data-closes-spoken]");
const said = line.dataset;
const clock = new ServerClock(said.moment);
const vote = { closesAt: said.closes, isLastCall: said.lastCall === "yes", isOpen: true };

function tick() {
  const left = Date.parse(vote.closesAt) - clock.now();
  let words = "";
  if (!vote.isOpen || left <= 0) words = said.over;
  else if (vote.closesAt) words = fill(vote.isLastCall ? said.last : said.words, { time: timeLeft(left, said) });
  line.hidden = !words;
  line.classList.toggle("wm-booth__closes--last", vote.isLastCall || !vote.isOpen);
  if (line.textContent !== words) line.textContent = words;
}

function show(state) {
  if (state.vote?.round !== Number(said.round)) return;
  const { closes_at: closesAt, last_call: isLastCall, is_open: isOpen } = state.vote;
  if (isLastCall && !vote.isLastCall && isOpen) spoken.textContent = said.spoken;
  if (!isLastCall && vote.isLastCall) spoken.textContent = said.goesOn;
  Object.assign(vote, { closesAt: closesAt ?? "", isLastCall, isOpen });
  tick();
}

tick();
setInterval(tick, 250);
followAssembly(Number(said.assembly), said.address, { clock, show });
