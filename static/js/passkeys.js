// Adds a passkey, or signs with one. Without this script, a code by e-mail does the same.
const bytesOf = (words) =>
  Uint8Array.from(atob(words.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const wordsOf = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
const listed = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

async function add(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      user: { ...options.user, id: bytesOf(options.user.id) },
      excludeCredentials: listed(options.excludeCredentials),
    },
  });
  return answer(made, {
    clientDataJSON: wordsOf(made.response.clientDataJSON),
    attestationObject: wordsOf(made.response.attestationObject),
  });
}

async function prove(options) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytesOf(options.challenge),
      allowCredentials: listed(options.allowCredentials),
    },
  });
  return answer(used, {
    clientDataJSON: wordsOf(used.response.clientDataJSON),
    authenticatorData: wordsOf(used.response.authenticatorData),
    signature: wordsOf(used.response.signature),
  });
}

const answer = (credential, response) =>
  JSON.stringify({ id: credential.id, rawId: wordsOf(credential.rawId), type: credential.type, response });

const form = document.querySelector("form[data-passkey]");
if (form && window.PublicKeyCredential) {
  form.hidden = false;
  const options = JSON.parse(document.getElementById("passkey-options").textContent);
  const words = form.querySelector("[data-passkey-words]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const act = form.dataset.passkey === "add" ? add : prove;
      form.elements.credential.value = await act(options);
    } catch {
      words.textContent = words.dataset.failed;
      return;
    }
    form.submit();
  });
}
