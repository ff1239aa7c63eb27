// Starts the GOV.UK Frontend components on every page. Pages must work without it.
import { initAll, isSupported } from "../vendor/govuk-frontend-6.3.0/govuk-frontend.min.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}
// ARIA knows no radio button that expands: wardmote.css shows what belongs to the one chosen.
for (const radio of document.querySelectorAll("input[type=radio][data-aria-controls]")) {
  radio.removeAttribute("data-aria-controls");
}
if (isSupported()) {
  initAll();
}
