// The page: as many telephones side by side as there is room for, a bar above them, a panel beside them.

import { Controls } from "./controls.js";
import { h, icon, iconButton } from "./dom.js";
import { Live } from "./live.js";
import { Pane } from "./pane.js";
import { moment } from "./when.js";
import { own, tongue, words } from "./words.js";
import { World } from "./world.js";

const MOST_PANES = 3;
const PANE_WIDTH = 460;
const w = words(own());
const world = new World();
world.subscribe(markRead);
const panes = Array.from({ length: MOST_PANES }, (_, number) => new Pane(world, number));
const controls = new Controls(world, document.getElementById("controls"), {
  open: offerStart,
  closed: () => showControls(false),
});

// who is shown where

function remembered(number) {
  const id = Number(localStorage.getItem(`pane-${number}`));
  return world.people.has(id) ? id : null;
}

/** An Italian and an English speaker first, then the others. */
function choosePeople() {
  const people = [...world.people.values()];
  const first = [people.find(isOf("it")), people.find(isOf("en"))].filter(Boolean);
  const order = [...first, ...people.filter((person) => !first.includes(person))];
  panes.forEach((pane, number) => {
    const person = remembered(number) ?? order[number]?.id ?? order[0]?.id;
    if (pane.personId === null && person) pane.show(person);
  });
}

const isOf = (language) => (person) => tongue(person.language_code) === language;

/** Show as many panes as fit; a pane that was hidden may have missed nothing: it is drawn all the same. */
function fit() {
  const room = Math.floor(document.getElementById("panes").clientWidth / PANE_WIDTH);
  const count = Math.min(Math.max(room, 1), MOST_PANES);
  panes.forEach((pane, number) => {
    const hidden = number >= count;
    if (pane.element.hidden === hidden) return;
    pane.element.hidden = hidden;
    if (!hidden && pane.personId !== null) pane.show(pane.personId);
  });
  document.body.dataset.panes = count;
  world.tell("seen");
}

/** What stands before the reader's eyes is read. */
function markRead() {
  if (document.hidden) return;
  for (const pane of panes) if (pane.visible && pane.person) world.chat(pane.chatId).unread = 0;
}

// links with a payload

/** Offer Start with this payload in the chat of this person. */
function offerStart(personId, payload) {
  const pane = panes.find((one) => one.visible && one.personId === personId) ?? panes.find((one) => one.visible);
  if (pane.personId !== personId) pane.show(personId, true);
  pane.offerStart(payload);
  if (document.body.dataset.panes === "1") showControls(false);
}

/** /?start=<payload> is a link for an English speaker; &as=<first name> is for somebody else. */
function followAddress() {
  const query = new URLSearchParams(location.search);
  const payload = query.get("start");
  if (payload === null) return;
  const named = (person) => person.first_name.toLowerCase() === query.get("as")?.toLowerCase();
  const people = [...world.people.values()];
  const person = people.find(named) ?? people.find(isOf("en")) ?? people[0];
  history.replaceState(null, "", location.pathname);
  if (person) offerStart(person.id, payload);
}

// the bar above

const clock = h("button.top-clock", { type: "button", title: w.zone, onclick: () => showControls(true) });
const state = h("span.top-state", { role: "status" });
const theme = iconButton("moon", w.dark, switchTheme);
const opener = h("button.controls-button", { type: "button", "aria-expanded": "false", "aria-controls": "controls" });
opener.append(icon("sliders"), h("span", {}, w.controls), h("i.alarm", { hidden: true }));
opener.setAttribute("aria-label", w.controls);
opener.addEventListener("click", () => showControls(controls.element.hidden));

function buildTop() {
  const brand = h("div.brand", {}, h("img", { src: "static/logo.svg", alt: "", width: 30, height: 30 }));
  brand.append(h("div", {}, h("h1", {}, w.playground), h("small", {}, w.local)));
  document.getElementById("top").append(brand, state, clock, theme, opener);
  document.documentElement.lang = own();
}

function drawTop() {
  const shown = moment(world.now(), own(), world.zone);
  if (clock.dataset.shown !== shown) clock.replaceChildren(icon("clock"), h("span", {}, shown));
  clock.dataset.shown = shown;
  clock.classList.toggle("shifted", Math.abs(world.shift) >= 1);
  state.textContent = world.online || !world.id ? "" : `${w.offline}…`;
  document.body.classList.toggle("offline", Boolean(world.id) && !world.online);
  opener.querySelector(".alarm").hidden = !world.faults.length;
  opener.title = world.faults.length ? w.faultsInForce(world.faults.length) : w.controls;
  const unread = [...world.chats.values()].reduce((sum, chat) => sum + chat.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${world.bot.username || w.playground} · ${w.playground}`;
}

function showControls(on) {
  const was = !controls.element.hidden;
  opener.setAttribute("aria-expanded", String(on));
  document.body.classList.toggle("with-controls", on);
  if (on) controls.show();
  else if (was) controls.element.hidden = true;
  if (!on) opener.focus();
}

// light and dark

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : prefersDark.matches;
}

function setTheme(chosen) {
  if (chosen) document.documentElement.dataset.theme = chosen;
  const label = isDark() ? w.light : w.dark;
  theme.replaceChildren(icon(isDark() ? "sun" : "moon"));
  theme.title = label;
  theme.setAttribute("aria-label", label);
}

function switchTheme() {
  const chosen = isDark() ? "light" : "dark";
  localStorage.setItem("theme", chosen);
  setTheme(chosen);
}

// begin

buildTop();
setTheme(localStorage.getItem("theme"));
prefersDark.addEventListener("change", () => setTheme(null));
document.getElementById("panes").append(...panes.map((pane) => pane.element));
panes.forEach((pane, number) => {
  pane.picked = (personId) => {
    localStorage.setItem(`pane-${number}`, personId);
    world.tell("seen");
  };
});
let begun = false;
world.subscribe(({ kind }) => {
  drawTop();
  if (kind !== "all") return;
  choosePeople();
  if (!begun) followAddress();
  begun = true;
});
new ResizeObserver(fit).observe(document.getElementById("panes"));
document.addEventListener("visibilitychange", () => world.tell("seen"));
setInterval(drawTop, 1000);
setInterval(() => panes.forEach((pane) => pane.log.refreshTimes()), 60_000);
fit();
new Live(world).start();
