// The commands above the text field: all of them from the Menu button, fitting ones while "/…" is written.

import { h } from "./dom.js";

let made = 0;

export class Picker {
  /** field is the text field it serves; send(text) sends a chosen command. */
  constructor(field, send) {
    this.field = field;
    this.send = send;
    this.commands = [];
    this.found = [];
    this.at = -1;
    this.element = h("div.picker", { role: "listbox", id: `commands-${(made += 1)}`, hidden: true });
    field.setAttribute("aria-controls", this.element.id);
    field.setAttribute("aria-haspopup", "listbox");
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150));
  }

  /** Offer what fits the text so far. */
  follow(text) {
    const begun = /^\/([a-z0-9_]*)$/i.exec(text);
    if (!begun) this.close();
    else this.open(this.commands.filter(({ command }) => command.startsWith(begun[1].toLowerCase())), begun[1]);
  }

  toggleAll() {
    if (this.element.hidden) this.open(this.commands);
    else this.close();
  }

  open(commands, exactly = "") {
    this.found = commands;
    this.at = Math.max(commands.findIndex(({ command }) => command === exactly), commands.length ? 0 : -1);
    this.element.hidden = !commands.length;
    this.element.replaceChildren(...commands.map((command, at) => this.option(command, at)));
    this.mark();
  }

  option({ command, description }, at) {
    const option = h("div.option", { role: "option", id: `${this.element.id}-${at}` });
    option.append(h("b", {}, `/${command}`), h("span", {}, description));
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("click", () => this.send(`/${command}`));
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
    const { length } = this.found;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.at = (this.at + step + length) % length;
      this.mark();
    } else if (event.key === "Enter") this.send(`/${this.found[this.at].command}`);
    else if (event.key === "Tab") this.complete();
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  complete() {
    this.field.value = `/${this.found[this.at].command} `;
    this.close();
  }
}
