"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const MISSING = -9999;

  // The confusion matrix: the cell under the pointer, or chosen by arrow keys, in words.
  const box = document.querySelector(".confusion");
  const matrix = box.querySelector(".matrix");
  const cursor = matrix.querySelector(".cursor");
  const readout = document.querySelector(".readout");
  const cell = Number(matrix.dataset.cell), top = Number(matrix.dataset.top);
  let row = 0, column = 0;

  function choose(i, j) {
    row = i; column = j;
    cursor.setAttribute("x", j * cell + 0.5);
    cursor.setAttribute("y", top + i * cell + 0.5);
    cursor.style.visibility = "visible";
    const truth = data.rows[i], taken = data.columns[j];
    const counts = data.confusion[truth], total = counts.reduce((a, b) => a + b, 0), n = counts[taken];
    const share = total ? ` (${Math.round((100 * n) / total)} %)` : "";
    const name = data.classes[truth];
    readout.textContent = truth === taken
      ? `${name} answered rightly: ${n} of ${total}${share}`
      : `${name} taken for ${data.classes[taken]}: ${n} of ${total}${share}`;
    for (const text of box.querySelectorAll("text.row, text.column")) {
      const mine = text.classList.contains("row") ? i : j;
      text.classList.toggle("named", Number(text.dataset.i) === mine);
    }
  }

  function onPointer(event) {
    const area = matrix.getBoundingClientRect();
    const zoom = area.width / matrix.viewBox.baseVal.width;
    const j = Math.floor((event.clientX - area.left) / zoom / cell);
    const i = Math.floor(((event.clientY - area.top) / zoom - top) / cell);
    if (i >= 0 && j >= 0 && i < data.rows.length && j < data.columns.length) choose(i, j);
  }
  matrix.addEventListener("pointermove", onPointer);
  matrix.addEventListener("pointerdown", onPointer);

  const STEPS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
  box.addEventListener("focus", () => choose(row, column));
  box.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const inside = (value, count) => Math.min(Math.max(value, 0), count - 1);
    choose(inside(row + step[0], data.rows.length), inside(column + step[1], data.columns.length));
    const names = box.querySelector(".row-names").getBoundingClientRect().width;
    const zoom = matrix.getBoundingClientRect().width / matrix.viewBox.baseVal.width;
    const left = column * cell * zoom, end = left + cell * zoom + names;
    if (left < box.scrollLeft) box.scrollLeft = left;
    if (end > box.scrollLeft + box.clientWidth) box.scrollLeft = end - box.clientWidth;
  });

  // Tables sorted by a click on a heading.
  for (const table of document.querySelectorAll(".sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => {
      const button = head.querySelector("button");
      if (!button) return;
      button.addEventListener("click", () => {
        const rising = head.getAttribute("aria-sort") !== "ascending";
        const rows = [...table.tBodies[0].rows];
        const value = (tr) => {
          const td = tr.cells[place];
          return td.dataset.v === undefined ? td.textContent : Number(td.dataset.v);
        };
        rows.sort((a, b) => {
          const x = value(a), y = value(b);
          const order = typeof x === "string" ? x.localeCompare(y) : x - y;
          return rising ? order : -order;
        });
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", rising ? "ascending" : "descending");
        table.tBodies[0].append(...rows);
      });
    });
  }

  // Skeletons: a pair of clips plays together, each at its own speed, and starts again after a pause.
  const PAUSE_S = 0.6, GHOSTS = 5;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let palette = {};
  function readPalette() {
    for (const name of ["left", "right", "middle", "other"]) palette[name] = colour("--" + name);
  }

  function drawFrame(pen, clip, frame, place, width, alpha) {
    pen.globalAlpha = alpha;
    pen.lineCap = "round";
    clip.p.forEach((person, number) => {
      const at = person[frame];
      for (const [a, b, side] of clip.b) {
        if (at[2 * a] === MISSING || at[2 * b] === MISSING) continue;
        pen.strokeStyle = number && !side ? palette.other : side > 0 ? palette.left : side < 0 ? palette.right : palette.middle;
        pen.lineWidth = width;
        pen.beginPath();
        pen.moveTo(place.x + place.k * at[2 * a], place.y + place.k * at[2 * a + 1]);
        pen.lineTo(place.x + place.k * at[2 * b], place.y + place.k * at[2 * b + 1]);
        pen.stroke();
      }
    });
  }

  function draw(canvas, clip, time) {
    const ratio = window.devicePixelRatio || 1;
    const w = Math.round(canvas.clientWidth * ratio), h = Math.round(canvas.clientHeight * ratio);
    if (!w || !h) return;
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, w, h);
    const margin = 0.08 * Math.min(w, h);
    const k = Math.min((w - 2 * margin) / clip.w, (h - 2 * margin) / clip.h);
    const place = {k, x: (w - k * clip.w) / 2, y: (h - k * clip.h) / 2};
    const last = clip.p[0].length - 1, line = Math.max(w / 75, 1.5 * ratio);
    for (let i = 0; i < GHOSTS; i++) {
      drawFrame(pen, clip, Math.round((last * i) / (GHOSTS - 1)), place, line * 0.6, 0.13);
    }
    const share = clip.s > 0 ? Math.min(time / clip.s, 1) : 0;
    drawFrame(pen, clip, Math.round(last * share), place, line, 1);
  }

  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const pairs = [...document.querySelectorAll(".pair")].map((element) => {
    const views = [...element.querySelectorAll("canvas")].map((canvas) => [canvas, data.clips[canvas.dataset.clip]]);
    const length = Math.max(...views.map(([, clip]) => clip.s), 0.1);
    const pair = {
      views, length, time: 0.45 * length, wanted: !still, inView: false,
      button: element.querySelector(".play"), seek: element.querySelector(".seek"), element,
    };
    const name = pair.button.getAttribute("aria-label").replace(/^Play /, "");
    pair.show = () => {
      for (const [canvas, clip] of views) draw(canvas, clip, pair.time);
      pair.seek.value = Math.round(1000 * Math.min(pair.time / length, 1));
    };
    pair.say = () => {
      pair.button.textContent = pair.wanted ? "Pause" : "Play";
      pair.button.setAttribute("aria-label", (pair.wanted ? "Pause " : "Play ") + name);
    };
    pair.button.addEventListener("click", () => { pair.wanted = !pair.wanted; pair.say(); wake(); });
    pair.seek.addEventListener("input", () => {
      pair.wanted = false;
      pair.time = (pair.seek.value / 1000) * length;
      pair.say();
      pair.show();
    });
    return pair;
  });

  let running = false, before = 0;
  function tick(now) {
    const passed = Math.min((now - before) / 1000, 0.1);
    before = now;
    const playing = pairs.filter((pair) => pair.wanted && pair.inView);
    for (const pair of playing) {
      pair.time += passed;
      if (pair.time > pair.length + PAUSE_S) pair.time = 0;
      pair.show();
    }
    running = playing.length > 0;
    if (running) requestAnimationFrame(tick);
  }
  function wake() {
    if (running) return;
    running = true;
    before = performance.now();
    requestAnimationFrame(tick);
  }
  function redraw() { readPalette(); for (const pair of pairs) pair.show(); }

  readPalette();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const pair = pairs.find((one) => one.element === entry.target);
      pair.inView = entry.isIntersecting;
      if (pair.inView) pair.show();
    }
    wake();
  });
  for (const pair of pairs) { pair.say(); pair.show(); watcher.observe(pair.element); }
  window.addEventListener("resize", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  window.matchMedia("print").addEventListener("change", redraw);
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not(#wrong details), .words")) details.open = true;
    redraw();
  });
})();
