// News from the server: through a socket, or asked for by HTTP while there is none. Nothing here
// ever fails aloud: what does not come now comes the next time.

const ASK_EVERY_MS = 5000;
const WAKE_WITHIN_MS = 2000;
const HALL = { slowest: 8000, patience: 8000 };

// Says `hello` with `words` on every connection; its answer, and every `event`, go to
// receive(news, askedAt) - askedAt by performance.now(), nothing if nobody asked. `address` answers
// the same by HTTP. reached(true or false) as the server can be reached, or not.
// `slowest`: the longest rest between two tries; `checkEvery`: how often to try whether a silent
// socket still lives.
export function newsOf({ hello, words, event, address, receive, reached, slowest = HALL.slowest, patience = HALL.patience, checkEvery = 0 }) {
  let asking = 0, heardAt = 0;

  async function ask() {
    const askedAt = performance.now();
    try {
      const signal = AbortSignal.timeout?.(10000); // older phones wait as long as it takes
      const answer = await fetch(address, { cache: "no-cache", signal });
      if (answer.ok) receive(await answer.json(), askedAt, answer.headers.get("Date"));
      if (asking) reached(answer.ok);
    } catch {
      if (asking) reached(false); // the next time, or the socket, will bring it
    }
    if (asking) asking = setTimeout(ask, ASK_EVERY_MS * (0.8 + Math.random() * 0.4));
  }

  function startAsking() {
    if (!asking) asking = setTimeout(ask, ASK_EVERY_MS * Math.random());
  }

  function stopAsking() {
    clearTimeout(asking);
    asking = 0;
  }

  if (typeof io === "undefined") {
    startAsking();
    return { ask, wake: ask, socket: null };
  }
  const socket = io({
    transports: ["websocket"],
    // A hall full of phones must not come back all at once.
    reconnectionDelay: Math.min(slowest, 2000) * (0.25 + Math.random() * 0.75),
    reconnectionDelayMax: slowest,
    randomizationFactor: 0.5,
    timeout: patience,
  });

  function hear(news, askedAt) {
    heardAt = performance.now();
    receive(news, askedAt);
  }

  function say() {
    const askedAt = performance.now();
    if (!checkEvery) return socket.emit(hello, words, (news) => hear(news, askedAt));
    socket.timeout(patience).emit(hello, words, (silent, news) => {
      if (!silent) hear(news, askedAt);
      else if (socket.connected) socket.io.engine.close(); // half dead: a new one is made at once
    });
  }

  socket.on("connect", () => {
    stopAsking();
    reached(true);
    say();
  });
  socket.on(event, (news) => hear(news));
  socket.on("disconnect", (reason) => {
    startAsking();
    reached(false);
    if (reason === "io server disconnect") setTimeout(() => socket.connect(), 1000 + Math.random() * 4000);
  });
  socket.on("connect_error", startAsking);
  if (checkEvery) setInterval(() => socket.connected && say(), checkEvery);

  // The network is back. Whoever has heard something since is back already; the others neither wait
  // for the next try nor for what TCP still means to repeat, but do not all come in one moment.
  function wake() {
    const since = performance.now();
    setTimeout(() => { if (heardAt < since) socket.disconnect().connect(); }, Math.random() * WAKE_WITHIN_MS);
  }
  return { ask: () => (socket.connected ? say() : ask()), wake, socket };
}
