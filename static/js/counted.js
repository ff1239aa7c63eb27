// The receipt on the voter's own device: whether the phone has checked it, and a copy to take away.

const ticket = document.querySelector("[data-receipt]");
if (ticket) openReceipt(ticket.dataset.receipt, ticket.dataset.round);

function openReceipt(code, round) {
  const name = `wardmote-receipt-${round}`;
  const kept = keptReceipt(name);
  // On a shared device the next person finds nothing of this ballot.
  document.querySelector("[data-forget-receipt]")?.addEventListener("submit", () => forget(name));
  offer("[data-print]", () => print());
  if (kept?.code !== code) return;
  for (const part of document.querySelectorAll("[data-checked]")) part.hidden = false;
  offer("[data-save]", () => save(kept));
}

// Nothing where storage is refused, or holds something else.
function keptReceipt(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch { /* then nothing was kept either */ }
}

function offer(wanted, act) {
  const button = document.querySelector(wanted);
  button.hidden = false;
  button.addEventListener("click", act);
}

// A small file for the voter. The nonces stay behind: with them anybody could prove the choices.
function save({ round, commitment, signature, code }) {
  const words = JSON.stringify({ round, commitment, signature, code }, null, 2);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${words}\n`], { type: "application/json" }));
  link.download = `wardmote-receipt-${code}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
