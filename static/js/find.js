// On long papers: a box to find a project by its words, and a look at what is chosen.

const find = document.querySelector("[data-find]");
if (find) makeFindable(find);

function makeFindable(find) {
  const typed = find.querySelector("input[type=search]");
  const only = find.querySelector("[data-only-chosen]");
  const none = find.querySelector("[data-find-none]");
  const rows = [...document.querySelectorAll(".wm-choices > li")].map((row) => ({ row, words: plain(row.textContent) }));
  const isFilled = (row) => row.querySelector("input:checked:not([value='']), input[type=text]:not(:placeholder-shown)");
  function plain(words) {
    return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }
  function sift() {
    const wanted = plain(typed.value).split(/\s+/);
    let left = 0;
    for (const { row, words } of rows) {
      row.hidden = !wanted.every((word) => words.includes(word)) || (only?.checked && !isFilled(row));
      if (!row.hidden) left += 1;
    }
    none.hidden = left > 0;
  }
  find.hidden = false;
  typed.addEventListener("input", sift);
  typed.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  only?.addEventListener("change", sift);
}
