// Decisions of a reader: made with the mouse or the keyboard, kept by the browser, saved as a table.
(() => {
  const list = document.querySelector(".films");
  const films = [...list.querySelectorAll(".film")];
  const controls = document.querySelector(".controls");
  const { finding, open, save } = controls.elements;
  const key = `label-audit-${list.dataset.key}`;
  const keys = { k: "keep", c: "change", u: "unsure", Backspace: "" };
  const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const decided = () => films.filter((film) => film.dataset.decision);

  const keep = () => {
    const made = films.flatMap((film, place) => (film.dataset.decision ? [[place, film.dataset.decision]] : []));
    try { localStorage.setItem(key, JSON.stringify(made)); } catch { /* a browser may keep nothing of files */ }
  };

  const recall = () => {
    try { return JSON.parse(localStorage.getItem(key)) ?? []; } catch { return []; }
  };

  const show = () => {
    films.forEach((film) => {
      film.hidden = (finding.value !== "" && film.dataset.finding !== finding.value)
        || (open.checked && Boolean(film.dataset.decision) && film !== document.activeElement);
    });
    controls.querySelector("output").textContent = `${decided().length} / ${films.length}`;
  };

  const decide = (film, decision) => {
    film.dataset.decision = decision;
    film.querySelectorAll("input").forEach((input) => { input.checked = input.value === decision; });
  };

  const move = (film, step) => {
    const shown = films.filter((each) => !each.hidden);
    shown[shown.indexOf(film) + step]?.focus();
  };

  const format = () => {
    const quote = (text) => `"${text.replaceAll('"', '""')}"`;
    const rows = decided().map(({ dataset: { image, finding: name, given, suggested, decision } }) =>
      [image, quote(name), given, suggested, decision].join(","));
    return ["image_id,finding,given,suggested,decision", ...rows, ""].join("\n");
  };

  list.addEventListener("change", ({ target }) => {
    decide(target.closest(".film"), target.value);
    keep();
    show();
  });
  list.addEventListener("keydown", (event) => {
    const film = event.target.closest(".film");
    const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !(pressed in keys || pressed in steps)) return;
    event.preventDefault();
    if (pressed in keys) {
      decide(film, keys[pressed]);
      keep();
    }
    if (pressed !== "Backspace") move(film, steps[pressed] ?? 1);
    show();
  });
  controls.addEventListener("change", show);
  controls.addEventListener("submit", (event) => event.preventDefault());
  save.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([format()], { type: "text/csv" }));
    link.download = "decisions.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  recall().forEach(([place, decision]) => decide(films[place], decision));
  document.querySelectorAll(".controls, .keys").forEach((element) => { element.hidden = false; });
  show();
})();
