"use strict";
// Shows what a poseact session tells: follows the WebSocket, keeps the people and the last minute of segments.

const SHOWN_S = 60;
const SILENT_MS = 12000; // the state comes every 5 s while there are frames
const MAX_ROWS = 200;
const TRACKS = ["#56b4e9", "#e69f00", "#00b282", "#dd7eae", "#e0d028", "#e05c10", "#1e7acc"];
const LABELS = ["#7ccff1", "#d0cf6a", "#cc5d80", "#40a6a6", "#ae6dba", "#db972b", "#5f67cb", "#adef49", "#f0ccbd",
  "#3a8e50", "#81761e", "#804024"];
const NEUTRAL = "#989ca4";
const NO_LABEL = new Set(["other", "unknown", "none", "background"]);

const byId = (id) => document.getElementById(id);
let session = "", last = 0, ended = false;
let people = new Map(); // track id -> {since_s, segment}
let stays = []; // {track, start, end}, end null while in view
let bars = []; // {track, label, start, end, open}
let labelColours = new Map();
let clock = { frame_s: 0, at: 0, jumps: false }; // the newest stamp, and when it came
let newsAt = 0, connected = false, retryMs = 500;

function trackColour(track) {
  const turn = Math.floor(track / TRACKS.length) % 3;
  const mix = ["", ", white 45%", ", black 35%"][turn];
  const colour = TRACKS[track % TRACKS.length];
  return mix ? `color-mix(in srgb, ${colour}${mix})` : colour;
}

function labelColour(label) {
  if (NO_LABEL.has(label.toLowerCase())) return NEUTRAL;
  if (!labelColours.has(label)) labelColours.set(label, LABELS[labelColours.size % LABELS.length]);
  return labelColours.get(label);
}

const shown = (label) => label.replaceAll("_", " ");
const name = (track) => `Person ${track}`;
const nowS = () => clock.frame_s + Math.min(performance.now() - clock.at, SILENT_MS) / 1000;

function element(kind, className = "", text = "") {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

// ---- what is told

function startSession(id) {
  session = id; last = 0; ended = false;
  people = new Map(); stays = []; bars = []; labelColours = new Map();
}

function receive(told) {
  if (told.schema !== "poseact.event" || told.version !== 1) return;
  newsAt = performance.now();
  if (told.session !== session) startSession(told.session);
  const missed = told.sequence - last - (told.type === "state" ? 0 : 1);
  if (last && missed > 0) row(told, `${missed} events were missed`, "notice");
  last = told.sequence;
  if (told.frame_s !== null) setClock(told.frame_s);
  const act = { person_appeared: appeared, person_lost: lost, segment_started: going, segment_updated: going,
    segment_ended: finished, notice, state }[told.type];
  if (act) act(told);
  showPeople();
}

function setClock(frame_s) {
  if (frame_s < clock.frame_s - 1) { stays = []; bars = []; } // another clock
  clock = { frame_s, at: performance.now() };
}

function appeared(told) {
  people.set(told.track_id, { since_s: told.time_s, segment: null });
  stays.push({ track: told.track_id, start: told.time_s, end: null });
  row(told, `${name(told.track_id)} appeared`);
}

function lost(told) {
  people.delete(told.track_id);
  for (const stay of stays) if (stay.track === told.track_id && stay.end === null) stay.end = told.time_s;
  row(told, `${name(told.track_id)} left`);
}

function going(told) {
  setSegment(told.track_id, told);
  if (told.type === "segment_started") row(told, `${name(told.track_id)}: ${shown(told.label)} …`);
}

function setSegment(track, segment) {
  const person = people.get(track) ?? { since_s: segment.start_s };
  people.set(track, { ...person, segment });
  const bar = bars.find((one) => one.track === track && one.start === segment.start_s);
  if (bar) { bar.end = segment.end_s; bar.open = true; return; }
  bars.push({ track, label: segment.label, start: segment.start_s, end: segment.end_s, open: true });
}

function finished(told) {
  setSegment(told.track_id, told);
  people.get(told.track_id).segment = null;
  for (const bar of bars) if (bar.track === told.track_id) bar.open = false;
  row(told, `${name(told.track_id)}: ${shown(told.label)}, ${amount(told)}`);
}

function notice(told) {
  if (told.kind === "session_started") byId("about").textContent = told.text;
  if (told.kind === "session_ended") { ended = true; people.clear(); }
  row(told, told.text ? `${shown(told.kind)}: ${told.text}` : shown(told.kind), "notice");
}

function state(told) {
  byId("about").textContent = told.about;
  const here = new Set(told.people.map((person) => person.track_id));
  for (const stay of stays) if (stay.end === null && !here.has(stay.track)) stay.end = told.frame_s;
  for (const bar of bars) bar.open = false;
  people = new Map();
  for (const { track_id, since_s, segment } of told.people) {
    people.set(track_id, { since_s, segment: null });
    if (segment) setSegment(track_id, segment);
    if (!stays.some((stay) => stay.track === track_id && stay.end === null)) {
      stays.push({ track: track_id, start: since_s, end: null });
    }
  }
}

function amount(segment) {
  const times = segment.repetitions === null ? "" : ` · ${segment.repetitions}×`;
  return `${(segment.end_s - segment.start_s).toFixed(1)} s${times}`;
}

// ---- what is shown

function row(told, text, className = "") {
  const line = element("li", className);
  const when = element("time", "", new Date(told.unix_s * 1000).toLocaleTimeString([], { hour12: false }));
  when.dateTime = told.time;
  line.append(when, element("span", "", text));
  const log = byId("log");
  const atTop = log.scrollTop < 5;
  log.prepend(line);
  if (!atTop) log.scrollTop += line.offsetHeight; // who reads further down is not moved
  while (log.children.length > MAX_ROWS) log.lastChild.remove();
}

function showPeople() {
  const list = byId("people");
  const wanted = [...people.keys()].sort((a, b) => a - b);
  for (const item of [...list.children]) if (!people.has(Number(item.dataset.track))) item.remove();
  wanted.forEach((track, place) => {
    let item = [...list.children].find((one) => Number(one.dataset.track) === track);
    if (!item) item = personItem(track);
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
    fillPerson(item, people.get(track));
  });
  byId("nobody").hidden = wanted.length > 0;
  byId("num-people").textContent = wanted.length || "";
}

function personItem(track) {
  const item = element("li");
  item.dataset.track = track;
  const who = element("div", "who"), title = element("b", "", name(track)), dot = element("span", "dot");
  dot.style.background = trackColour(track);
  title.prepend(dot);
  who.append(title, element("span", "since"));
  const what = element("div", "what"), bar = element("div", "bar");
  what.append(element("strong"), element("span"));
  bar.append(element("i"));
  item.append(who, what, bar);
  return item;
}

function fillPerson(item, { segment }) {
  const label = item.querySelector("strong"), facts = item.querySelector(".what span");
  const bar = item.querySelector(".bar i");
  label.textContent = segment ? shown(segment.label) : "nothing said";
  label.classList.toggle("unsure", !segment);
  facts.textContent = segment ? `${Math.round(segment.score * 100)} % · ${amount(segment)}` : "";
  bar.style.width = segment ? `${segment.score * 100}%` : "0";
  if (segment) bar.style.background = labelColour(segment.label);
}

function showConnection() {
  const silent = performance.now() - newsAt;
  let text = "connected", className = "good";
  if (ended) [text, className] = ["session has ended", "waiting"];
  else if (!connected) [text, className] = ["not connected, trying again …", "bad"];
  else if (newsAt && silent > SILENT_MS) {
    [text, className] = [`no news for ${Math.round(silent / 1000)} s`, "waiting"];
  }
  const shownAt = byId("connection");
  if (shownAt.textContent !== text) { shownAt.textContent = text; shownAt.className = className; }
  for (const item of byId("people").children) {
    const person = people.get(Number(item.dataset.track));
    if (person) item.querySelector(".since").textContent = `here for ${duration(nowS() - person.since_s)}`;
  }
}

function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

// ---- the timeline

function drawTimeline() {
  const canvas = byId("timeline"), end = nowS(), start = end - SHOWN_S;
  stays = stays.filter((stay) => stay.end === null || stay.end > start - 5);
  bars = bars.filter((bar) => bar.open || bar.end > start - 5);
  const inWindow = stays.filter((stay) => stay.end === null || stay.end > start);
  const tracks = [...new Set(inWindow.map((stay) => stay.track))].sort((a, b) => a - b);
  const lane = 30, left = 76, foot = 24, height = Math.max(1, tracks.length) * lane + foot;
  const style = getComputedStyle(document.documentElement), ratio = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  canvas.style.height = `${height}px`;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const colour = (variable) => style.getPropertyValue(variable).trim();
  const x = (time) => left + (width - left) * Math.min(1, Math.max(0, (time - start) / SHOWN_S));
  drawAxis(pen, x, end, height - foot, width, colour);
  const named = new Set(); // labels that could be written into a bar
  tracks.forEach((track, place) => {
    const y = place * lane + 3, tall = lane - 6;
    pen.font = "13px system-ui, sans-serif"; pen.textBaseline = "middle"; pen.textAlign = "left";
    pen.fillStyle = colour("--ink");
    pen.fillText(name(track), 0, y + tall / 2);
    for (const stay of stays) {
      if (stay.track === track) box(pen, x(stay.start), y, x(stay.end ?? end), tall, colour("--lane"));
    }
    for (const bar of bars) if (bar.track === track) drawBar(pen, bar, x, y, tall, end, named);
  });
  showLegend(new Set(bars.filter((bar) => bar.open || bar.end > start).map((bar) => bar.label)), named);
}

function showLegend(labels, named) {
  const wanted = [...labels].filter((label) => !named.has(label)).sort();
  const legend = byId("legend");
  if (legend.dataset.labels === wanted.join("\n")) return;
  legend.dataset.labels = wanted.join("\n");
  legend.replaceChildren(...wanted.map((label) => {
    const item = element("li", "", shown(label)), dot = element("span", "dot");
    dot.style.background = labelColour(label);
    item.prepend(dot);
    return item;
  }));
}

function drawAxis(pen, x, end, y, width, colour) {
  pen.font = "12px system-ui, sans-serif"; pen.textBaseline = "top";
  const step = width < 520 ? 20 : 10;
  for (let ago = SHOWN_S; ago >= 0; ago -= step) {
    const at = x(end - ago);
    pen.fillStyle = colour("--line");
    pen.fillRect(at - (ago ? 0 : 1), 0, 1, y);
    pen.fillStyle = colour("--soft");
    pen.textAlign = ago === 0 ? "right" : ago === SHOWN_S ? "left" : "center";
    pen.fillText(ago ? `−${ago} s` : "now", at, y + 6);
  }
}

function drawBar(pen, bar, x, y, tall, end, named) {
  const from = x(bar.start), to = x(bar.end);
  if (bar.open) { // until now it is only likely to go on
    pen.globalAlpha = 0.35;
    box(pen, from, y, x(end), tall, labelColour(bar.label));
    pen.globalAlpha = 1;
  }
  box(pen, from, y, to, tall, labelColour(bar.label));
  const text = shown(bar.label), room = (bar.open ? x(end) : to) - from - 10;
  pen.font = "600 12px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "middle";
  if (pen.measureText(text).width > room) return;
  named.add(bar.label);
  pen.fillStyle = isDark(labelColour(bar.label)) ? "#ffffff" : "#181a1e";
  pen.fillText(text, from + 5, y + tall / 2 + 0.5);
}

function box(pen, from, y, to, tall, fill) {
  if (to <= from) return;
  pen.fillStyle = fill;
  pen.beginPath();
  pen.roundRect(from, y, to - from, tall, Math.min(4, (to - from) / 2));
  pen.fill();
}

function isDark(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return red * 0.299 + green * 0.587 + blue * 0.114 < 120;
}

// ---- connections

function connect() {
  const address = new URL("ws", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.search = session ? `?after=${session}:${last}` : "";
  const socket = new WebSocket(address);
  socket.onopen = () => { connected = true; retryMs = 500; showPicture(); };
  socket.onmessage = (message) => receive(JSON.parse(message.data));
  socket.onclose = () => {
    connected = false;
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 8000);
  };
}

function showPicture() {
  // A hidden page has no use for pictures, and making them costs the other side.
  const picture = byId("picture");
  if (document.hidden) picture.removeAttribute("src");
  else picture.src = `video?${Date.now()}`;
}

function tick() {
  if (document.hidden) return;
  const picture = byId("picture"), has = connected && picture.naturalWidth > 0 && picture.hasAttribute("src");
  picture.hidden = !has;
  byId("no-picture").hidden = has;
  showConnection();
  drawTimeline();
}

document.addEventListener("visibilitychange", () => { if (connected) showPicture(); });
setInterval(tick, 100);
connect();
