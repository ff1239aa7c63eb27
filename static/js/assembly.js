// What an assembly shows now, for screens and phones: the newest state, once.
//
//   followAssembly(7, "/a/ABCDEF/state.json", { clock: new ServerClock(moment of the page), show });
import { newsOf } from "./news.js";

// A hall’s Wi-Fi comes back, or the server does: everybody is here again within ten seconds. A try
// that fails costs the server nothing, and a thousand that succeed are spread over these seconds.
const SLOWEST_MS = 3000;
const PATIENCE_MS = 4000;
const nothing = () => {};

// Calls show(state, { isAct }) when a state differs from the last: isAct if a facilitator did
// something, else only its pulse has changed; heard(state) with every one at all. `clock` is set by
// what they say of the time.
export function followAssembly(assembly, address, { clock, show, heard = nothing, reached = nothing, checkEvery = 0, slowest = SLOWEST_MS }) {
  let latest = null;

  function receive(state, askedAt) {
    if (!state || state.assembly !== assembly) return;
    heard(state);
    if (askedAt !== undefined) clock.heard(state.now, askedAt);
    else if (!clock.overheard(state.now)) news.ask();
    if (latest && state.version < latest.version) return;
    const isAct = !latest || state.version > latest.version;
    if (!isAct && state.pulse === latest.pulse) return;
    latest = state;
    show(state, { isAct });
  }

  const news = newsOf({
    hello: "follow", words: { assembly }, event: "assembly", address, receive, reached,
    slowest, patience: PATIENCE_MS, checkEvery,
  });
  // Who slept, or lost the network, has missed something: also the time.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && news.ask());
  addEventListener("online", () => news.wake());
  return news.socket;
}
