// The cursor over the charts of one time axis: a slider moves it, and so does the pointer; all charts follow. Texts
// come from the page and are shown as text.
"use strict";
for (const block of document.querySelectorAll(".over-time")) {
  const bar = block.querySelector(".cursor");
  if (!bar) continue;
  const slider = bar.querySelector("input");
  const time = bar.querySelector(".time");
  const readings = bar.querySelector(".readings");
  const times = bar.dataset.times.split("|");
  slider.max = times.length - 1;

  const make = (parent, tag, name) => {
    const element = document.createElement(tag);
    element.className = name;
    parent.append(element);
    return element;
  };

  // Each chart gets a line, and each of its series a place for what it says.
  const lines = [];
  const charts = [];
  for (const chart of block.querySelectorAll(".chart[data-cursor]")) {
    const reading = JSON.parse(chart.dataset.cursor);
    const cover = make(chart, "div", "cover");
    const line = make(cover, "div", "line");
    line.hidden = true;
    line.style.top = `${(100 * reading.top) / reading.height}%`;
    line.style.height = `${(100 * (reading.bottom - reading.top)) / reading.height}%`;
    charts.push({ reading, cover, line });
    chart.classList.add("live");
    for (const group of reading.groups) {
      const row = make(readings, "div", "group");
      make(row, "b", "").textContent = group.name;
      for (const series of group.lines) {
        const item = make(row, "span", "");
        make(item, "span", `swatch look${series.look % 7}`);
        item.append(`${series.name} `);
        lines.push({ name: `${group.name}, ${series.name}`, values: series.values.split("|"), text: make(item, "span", "value") });
      }
    }
  }

  const show = (index) => {
    slider.value = index;
    time.textContent = times[index];
    for (const { reading, line } of charts) {
      line.hidden = false;
      line.style.left = `${(100 * reading.across[index]) / reading.width}%`;
    }
    for (const { values, text } of lines) text.textContent = values[index];
    const all = lines.map(({ name, values }) => `${name} ${values[index]}`);
    slider.setAttribute("aria-valuetext", `${times[index]}: ${all.join("; ")}`);
  };

  const hide = () => {
    time.textContent = "";
    for (const { line } of charts) line.hidden = true;
    for (const { text } of lines) text.textContent = "–";
    slider.setAttribute("aria-valuetext", "none");
  };

  // The last place at or left of the pointer, or the one right of it if that is nearer.
  const nearest = (across, x) => {
    let [low, high] = [0, across.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (across[middle] <= x) low = middle;
      else high = middle - 1;
    }
    return low + 1 < across.length && across[low + 1] - x < x - across[low] ? low + 1 : low;
  };

  for (const { reading, cover } of charts) {
    const follow = (event) => {
      const box = cover.getBoundingClientRect();
      show(nearest(reading.across, ((event.clientX - box.left) / box.width) * reading.width));
    };
    cover.addEventListener("pointermove", follow);
    cover.addEventListener("pointerdown", follow);
  }
  slider.addEventListener("input", () => show(Number(slider.value)));
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  bar.hidden = false;
  hide();
}
