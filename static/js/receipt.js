// What a phone checks on a receipt before it says Counted. Nothing here touches the page, so that
// it can be tested alone; docs/record-format.md says the same in words.
import { sha256, verify } from "../vendor/noble-ed25519-3.2.0/noble.min.js";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const NUMBERED = ["points", "scores", "yes-no"];
const HEX = /^(?:[0-9a-f]{2})*$/;
// What Python's str.strip() takes away.
const ENDS = /^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g;

const utf8 = (words) => new TextEncoder().encode(words);
const hexOf = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const isHex = (words, length) => typeof words === "string" && words.length === length && HEX.test(words);

// The ballot's canonical text, from the names and values that were sent from the paper.
export function canonicalChoices(ballotFormat, sent) {
  if (NUMBERED.includes(ballotFormat)) {
    const numbers = new Map(); // never an object: it would sort ids that look like numbers
    for (const [name, written] of sent) {
      if (name.startsWith("mark-")) numbers.set(name.slice("mark-".length), numberIn(written));
    }
    const given = [...numbers].filter(([, number]) => number !== 0 && number !== "");
    given.sort(([one], [other]) => byCodePoint(one, other));
    return `{${given.map(([id, number]) => `${asciiJson(id)}:${asciiJson(number)}`)}}`;
  }
  const chosen = [...sent].filter(([name, id]) => name === "project" && id).map(([, id]) => id);
  const ids = ballotFormat === "ranking" ? chosen : [...new Set(chosen)].sort(byCodePoint);
  return `[${ids.map(asciiJson)}]`;
}

function numberIn(written) {
  const words = written.replace(ENDS, "");
  return /^[+-]?\d{1,9}$/.test(words) ? Number(words) : words;
}

// JavaScript sorts by UTF-16 units, which puts 🌳 before ﬁ; the record sorts by code point.
function byCodePoint(one, other) {
  const left = [...one], right = [...other];
  const at = left.findIndex((letter, place) => letter !== right[place]);
  if (at < 0) return left.length - right.length;
  return at < right.length ? left[at].codePointAt(0) - right[at].codePointAt(0) : 1;
}

function asciiJson(value) {
  return JSON.stringify(value).replace(/[\x7f-\uffff]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));
}

// SHA-256, in hex, of version | round | client nonce | server nonce | canonical choices.
export function commitmentOf(round, clientNonce, serverNonce, choices) {
  return hexOf(sha256(utf8(["wardmote-1", round, clientNonce, serverNonce, choices].join("|"))));
}

// The first 80 bits of a commitment as sixteen characters, five bits each.
export function codeOf(commitment) {
  const bits = [...commitment.slice(0, 20)].map((digit) => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return bits.match(/.{5}/g).map((five) => ALPHABET[parseInt(five, 2)]).join("");
}

// What is wrong with a receipt for what this phone sent: "missing", "round", "commitment", "code"
// or "signature"; an empty text when it holds. `sent` has round, clientNonce, choices, publicKey.
export function checkReceipt(sent, receipt) {
  if (typeof receipt !== "object" || receipt === null) return "missing";
  if (receipt.round !== sent.round) return "round";
  // A nonce of other characters could move the bounds between the parts of what is hashed.
  if (!isHex(receipt.server_nonce, 32) || !isHex(sent.clientNonce, 32)) return "commitment";
  const commitment = commitmentOf(sent.round, sent.clientNonce, receipt.server_nonce, sent.choices);
  if (receipt.commitment !== commitment) return "commitment";
  if (receipt.code !== codeOf(commitment)) return "code";
  return isSigned(sent.publicKey, receipt.signature, `wardmote-receipt-1|${sent.round}|${commitment}`) ? "" : "signature";
}

function isSigned(publicKey, signature, words) {
  if (!isHex(publicKey, 64) || !isHex(signature, 128)) return false;
  return verify(bytesOf(signature), utf8(words), bytesOf(publicKey), { zip215: false });
}
