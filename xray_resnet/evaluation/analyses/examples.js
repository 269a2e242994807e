// The gallery's controls, and the plain film beside the coloured one: without them the page shows every film as it was
// chosen, under its colours.
(() => {
  const gallery = document.getElementById("gallery");
  const controls = gallery.querySelector(".controls");
  const { finding, kind, order, heat } = controls.elements;
  const groups = [...gallery.querySelectorAll(".group")];
  const films = groups.map((group) => [...group.querySelectorAll(".film")]);
  const orders = {
    falling: (a, b) => b.dataset.score - a.dataset.score,
    rising: (a, b) => a.dataset.score - b.dataset.score,
  };

  gallery.querySelectorAll(".views").forEach((views) => {
    const plain = document.createElement("div");
    plain.className = "layers";
    plain.append(views.querySelector("img").cloneNode());
    views.prepend(plain);
  });

  const arrange = () => {
    let shown = 0;
    groups.forEach((group, place) => {
      const sorted = order.value in orders ? [...films[place]].sort(orders[order.value]) : films[place];
      group.querySelector(".gallery").append(...sorted);
      sorted.forEach((film) => { film.hidden = kind.value !== "" && film.dataset.kind !== kind.value; });
      const count = sorted.filter((film) => !film.hidden).length;
      group.hidden = count === 0 || (finding.value !== "" && group.dataset.finding !== finding.value);
      shown += group.hidden ? 0 : count;
    });
    controls.querySelector("output").textContent = `${shown} of ${films.flat().length} films`;
  };

  controls.addEventListener("change", arrange);
  controls.addEventListener("submit", (event) => event.preventDefault());
  heat.addEventListener("input", () => gallery.style.setProperty("--heat", heat.value / 100));
  controls.hidden = false;
  arrange();
})();
