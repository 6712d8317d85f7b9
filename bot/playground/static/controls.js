// The panel that plays fate: the clock, Telegram's faults, who blocks whom, links, and beginning anew.

import { act } from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { fullName } from "./people.js";
import { startPayload } from "./entities.js";
import { fieldValue, moment, span } from "./when.js";
import { own, words } from "./words.js";

const STEPS = { hour: 3600, day: 86_400, week: 604_800 };
const SURE_MS = 4000;
// What each kind does by default: the refusals meet what is written to people, the rest meets everything.
const FAULTS = {
  "too-many": { method: "send*", seconds: 5 },
  blocked: { method: "send*" },
  deactivated: { method: "send*" },
  "server-error": {},
  "bad-gateway": {},
  "hang-before": { seconds: 30 },
  "hang-after": { method: "sendMessage", seconds: 30 },
  slow: { seconds: 3 },
};

export class Controls {
  /** open(personId, payload) offers Start with a payload in that person's chat; closed() is told when it is left. */
  constructor(world, element, { open, closed }) {
    this.world = world;
    this.element = element;
    this.openLink = open;
    this.closed = closed;
    this.words = words(own());
    this.switches = new Map();
    this.build();
    world.subscribe(({ kind }) => this.onChange(kind));
    setInterval(() => this.tick(), 1000);
  }

  build() {
    const { words: w } = this;
    this.error = h("p.controls-error", { role: "alert", hidden: true });
    const close = iconButton("close", w.close, () => this.hide());
    const head = h("header.controls-head", {}, h("h2", { id: "controls-title" }, w.controls), close);
    this.element.setAttribute("aria-labelledby", "controls-title");
    this.element.append(head, this.error, this.clock(), this.faults(), this.peopleSection(), this.worldSection());
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  section(title, ...parts) {
    return h("section", {}, h("h3", {}, title), ...parts);
  }

  /** Ask for an action; its result, or null once the refusal is shown. */
  async do(name, fields) {
    this.landed.hidden = true;
    try {
      const result = await act(name, fields);
      this.error.hidden = true;
      return result;
    } catch (error) {
      this.error.textContent = error.message;
      this.error.hidden = false;
      this.error.scrollIntoView({ block: "nearest" });
      return null;
    }
  }

  // clock

  clock() {
    const { words: w } = this;
    this.now = h("output.now");
    this.shift = h("span.shift");
    const step = (name) => {
      const onclick = () => this.do("advance", { seconds: STEPS[name] });
      return h("button.plain", { type: "button", dataset: { step: name }, onclick }, `+1 ${w[name]}`);
    };
    const next = h("button.strong.next-event", { type: "button", onclick: () => this.toNextEvent() });
    next.append(icon("next"), w.nextEvent);
    this.landed = h("output.shift", { hidden: true });
    this.moment = h("input", { type: "datetime-local", id: "moment", required: true });
    this.moment.addEventListener("focus", () => this.fillMoment());
    const form = h("form.inline", {}, h("label.hidden", { for: "moment" }, w.zone), this.moment);
    form.append(h("button.plain", { type: "submit" }, w.setClock));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.do("set-clock", { moment: this.moment.value, zone: this.world.zone });
    });
    this.real = h("button.plain.wide", { type: "button", onclick: () => this.do("real-time") }, w.backward);
    const steps = h("div.buttons", {}, ...Object.keys(STEPS).map(step));
    return this.section(w.clock, this.now, this.shift, next, this.landed, steps, form, this.real);
  }

  async toNextEvent() {
    const result = await this.do("next-event");
    if (!result) return;
    this.landed.textContent = this.words.landed(moment(new Date(result.moment), own(), this.world.zone));
    this.landed.hidden = false;
  }

  fillMoment() {
    if (!this.moment.value) this.moment.value = fieldValue(this.world.now(), this.world.zone);
  }

  tick() {
    const { world, words: w } = this;
    const shown = moment(world.now(), own(), world.zone);
    if (this.now.textContent !== shown) this.now.textContent = shown;
    const ahead = Math.abs(world.shift) >= 1 ? span(world.shift, w) : "";
    const about = !ahead ? w.clockReal : world.shift > 0 ? w.clockAhead(ahead) : w.clockBehind(ahead);
    this.shift.textContent = `${w.zone} · ${about}`;
    this.real.disabled = !ahead;
  }

  // faults

  faults() {
    const { words: w } = this;
    this.scope = h("select", { id: "scope" });
    this.scope.addEventListener("change", () => this.drawFaults());
    const list = h("div.switches", { role: "group", "aria-label": w.faultsTitle });
    for (const [kind, label] of Object.entries(w.faults)) {
      const button = toggle(label, () => this.toggleFault(kind));
      this.switches.set(kind, button);
      list.append(button);
    }
    this.limits = toggle(w.limits, () => this.do("limits", { on: !this.world.limits }));
    this.inForce = h("span.in-force");
    this.clear = h("button.plain", { type: "button", onclick: () => this.do("clear-faults") }, w.clearFaults);
    const foot = h("div.faults-foot", {}, this.inForce, this.clear);
    const scope = h("div.inline", {}, h("label", { for: "scope" }, w.faultsFor), this.scope);
    return this.section(w.faultsTitle, scope, list, foot, h("div.switches", {}, this.limits));
  }

  get chatId() {
    return this.scope.value ? Number(this.scope.value) : null;
  }

  here(kind) {
    return this.world.faults.filter((fault) => fault.kind === kind && fault.chat_id === this.chatId);
  }

  async toggleFault(kind) {
    const here = this.here(kind);
    if (!here.length) await this.do("add-fault", { kind, chat_id: this.chatId, ...FAULTS[kind] });
    for (const { number } of here) await this.do("remove-fault", { number });
  }

  drawFaults() {
    const { world, words: w } = this;
    for (const [kind, button] of this.switches) button.setAttribute("aria-checked", String(this.here(kind).length > 0));
    this.limits.setAttribute("aria-checked", String(world.limits));
    if (!world.faults.length && document.activeElement === this.clear) this.scope.focus();
    this.inForce.textContent = world.faults.length ? w.faultsInForce(world.faults.length) : "";
    this.clear.hidden = !world.faults.length;
  }

  // people

  peopleSection() {
    const { words: w } = this;
    this.who = h("select", { id: "who" });
    this.who.addEventListener("change", () => this.drawPerson());
    const choice = h("div.inline", {}, h("label", { for: "who" }, w.person), this.who);
    this.block = h("button.plain", { type: "button", onclick: () => this.toggleBlock() });
    this.leave = h("button.plain.danger", { type: "button" }, w.deleteAccount);
    this.leave.addEventListener("click", () => this.do("delete-account", { person_id: this.whoId }));
    this.payload = h("input", { id: "payload", placeholder: w.linkHint, autocomplete: "off", required: true });
    const form = h("form.inline", {}, h("label.hidden", { for: "payload" }, w.link), this.payload);
    form.append(h("button.plain", { type: "submit" }, w.open));
    form.addEventListener("submit", (event) => this.follow(event));
    const buttons = h("div.buttons", {}, this.block, this.leave);
    return this.section(w.people, choice, buttons, h("span.shift", {}, w.link), form);
  }

  get whoId() {
    return Number(this.who.value);
  }

  toggleBlock() {
    const blocked = this.world.people.get(this.whoId)?.blocked;
    this.do(blocked ? "unblock" : "block", { person_id: this.whoId });
  }

  follow(event) {
    event.preventDefault();
    const written = this.payload.value.trim();
    this.openLink(this.whoId, startPayload(written, this.world.bot.username) ?? written);
    this.payload.value = "";
  }

  drawPerson() {
    const person = this.world.people.get(this.whoId);
    this.block.textContent = person?.blocked ? this.words.unblockBot : this.words.blockBot;
    for (const button of [this.block, this.leave]) button.disabled = !person || Boolean(person.deleted);
  }

  // the world

  worldSection() {
    const { words: w } = this;
    const button = h("button.plain.danger.wide", { type: "button" }, w.reset);
    button.addEventListener("click", () => {
      if (button.classList.toggle("sure")) {
        button.textContent = w.resetSure;
        this.unsure = setTimeout(() => this.calmReset(button), SURE_MS);
      } else {
        this.calmReset(button);
        this.do("reset");
      }
    });
    return this.section(w.world, button, h("span.shift", {}, w.resetHint));
  }

  calmReset(button) {
    clearTimeout(this.unsure);
    button.classList.remove("sure");
    button.textContent = this.words.reset;
  }

  // the panel itself

  onChange(kind) {
    if (["all", "person"].includes(kind)) this.fillPeople();
    if (["all", "clock"].includes(kind)) this.tick();
    if (["all", "fault", "limits"].includes(kind)) this.drawFaults();
  }

  fillPeople() {
    const people = [...this.world.people.values()];
    const option = (person) => h("option", { value: person.id }, fullName(person));
    const [scope, who] = [this.scope.value, this.who.value];
    this.scope.replaceChildren(h("option", { value: "" }, this.words.everybody), ...people.map(option));
    this.who.replaceChildren(...people.map(option));
    this.scope.value = scope;
    if (this.world.people.has(Number(who))) this.who.value = who;
    this.drawPerson();
    this.drawFaults();
  }

  show() {
    this.element.hidden = false;
    this.fillMoment();
    this.element.querySelector("button").focus();
  }

  hide() {
    this.element.hidden = true;
    this.closed();
  }
}

function toggle(label, onclick) {
  const knob = h("span.knob", { "aria-hidden": "true" });
  const props = { type: "button", role: "switch", "aria-checked": "false", onclick };
  return h("button.switch", props, h("span", {}, label), knob);
}

