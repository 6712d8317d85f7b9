// The list above the text field: the bot's commands, or what it offers to a question typed after its name.

import { h } from "./dom.js";

let made = 0;

/** An item is {title, about, pick(), complete?}: what is shown, what choosing it does, the text that Tab makes of it. */
export class Picker {
  /** field is the text field it serves; send(text) sends a chosen command. */
  constructor(field, send) {
    this.field = field;
    this.send = send;
    this.commands = [];
    this.found = [];
    this.at = -1;
    this.element = h("div.picker", { role: "listbox", id: `picker-${(made += 1)}`, hidden: true });
    field.setAttribute("aria-controls", this.element.id);
    field.setAttribute("aria-haspopup", "listbox");
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  /** Offer the commands that fit the text so far. */
  follow(text) {
    const begun = /^\/([a-z0-9_]*)$/i.exec(text);
    if (!begun) this.close();
    else this.openCommands(this.commands.filter(({ command }) => command.startsWith(begun[1].toLowerCase())), begun[1]);
  }

  toggleAll() {
    if (this.element.hidden) this.openCommands(this.commands);
    else this.close();
  }

  openCommands(commands, exactly = "") {
    const item = ({ command, description }) => {
      const title = `/${command}`;
      return { title, about: description, pick: () => this.send(title), complete: `${title} ` };
    };
    this.open(commands.map(item), Math.max(commands.findIndex(({ command }) => command === exactly), 0));
  }

  /** Show items, the one at this place chosen (-1: none); as cards, each has a line for its title. */
  open(items, at = -1, cards = false) {
    this.found = items;
    this.at = items.length ? at : -1;
    this.element.hidden = !items.length;
    this.element.classList.toggle("cards", cards);
    this.element.replaceChildren(...items.map((item, place) => this.option(item, place)));
    this.element.scrollTop = 0;
    this.mark();
  }

  option({ title, about, pick, lead }, place) {
    const option = h(lead ? "div.option.lead" : "div.option", { role: "option", id: `${this.element.id}-${place}` });
    option.append(h("b", {}, title), h("span", {}, about));
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("click", pick);
    return option;
  }

  mark() {
    [...this.element.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === this.at));
      if (at === this.at) option.scrollIntoView({ block: "nearest" });
    });
    if (this.at < 0) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", `${this.element.id}-${this.at}`);
  }

  close() {
    this.element.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
  }

  /** True if the key was for the list. */
  onKey(event) {
    if (this.element.hidden || event.shiftKey) return false;
    const work = this.keyWork(event.key);
    if (!work) return false;
    work();
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  keyWork(key) {
    const { length } = this.found;
    const chosen = this.found[this.at];
    if (key === "ArrowDown") return () => this.choose((this.at + 1) % length);
    if (key === "ArrowUp") return () => this.choose((Math.max(this.at, 0) - 1 + length) % length);
    if (key === "Enter" && chosen) return () => chosen.pick();
    if (key === "Tab" && chosen?.complete) return () => this.complete(chosen.complete);
    if (key === "Escape") return () => this.close();
    return null;
  }

  choose(at) {
    this.at = at;
    this.mark();
  }

  complete(text) {
    this.field.value = text;
    this.close();
    this.field.dispatchEvent(new Event("input"));
  }
}
