// Who is played in a pane: a row of names, one of them chosen, and the form for somebody new.

import { arrange, h, icon, rove } from "./dom.js";

const COLOURS = 7;

export const fullName = (person) => [person.first_name, person.last_name].filter(Boolean).join(" ");

/** The number of a person's colour. */
export const colour = ({ id }) => id % COLOURS;

/** A round picture with a person's first letters. */
export function avatar(person) {
  const letters = [person.first_name, person.last_name].filter(Boolean).map((name) => [...name][0]);
  const twoWords = (person.first_name ?? "").split(" ").map((word) => [...word][0] ?? "");
  const shown = (letters.length > 1 ? letters : twoWords).slice(0, 2).join("").toUpperCase();
  return h(`span.avatar.colour-${colour(person)}`, { "aria-hidden": "true" }, shown);
}

export class PeopleRow {
  constructor(world, { pick, add }) {
    this.world = world;
    this.pick = pick;
    this.add = add;
    this.tabs = new Map();
    this.row = h("div.tabs", { role: "tablist" });
    this.plus = h("button.person.plus", { type: "button", onclick: () => this.add() }, icon("plus"));
    this.element = h("div.people", {}, this.row, this.plus);
    rove(this.row, "button.person");
  }

  draw(chosen, words, panelId) {
    this.row.setAttribute("aria-label", words.people);
    this.plus.setAttribute("aria-label", words.addPerson);
    this.plus.title = words.addPerson;
    arrange(this.row, [...this.world.people.values()].map((person) => this.tab(person, chosen, words, panelId)));
    for (const id of this.tabs.keys()) if (!this.world.people.has(id)) this.tabs.delete(id);
  }

  tab(person, chosen, words, panelId) {
    const tab = this.tabs.get(person.id) ?? h("button.person", { type: "button", role: "tab" });
    this.tabs.set(person.id, tab);
    tab.onclick = () => this.pick(person.id);
    const { unread } = this.world.chat(person.id);
    const on = person.id === chosen;
    tab.dataset.person = person.id;
    tab.setAttribute("aria-selected", String(on));
    tab.setAttribute("aria-controls", panelId);
    tab.tabIndex = on ? 0 : -1;
    tab.classList.toggle("off", Boolean(person.blocked || person.deleted));
    const state = person.deleted ? words.deleted : person.blocked ? words.blocked : "";
    tab.title = [fullName(person), words.languages[person.language_code], state].filter(Boolean).join(" · ");
    const badge = unread ? h("span.badge", { "aria-label": words.unread(unread) }, String(unread)) : null;
    tab.replaceChildren(...[avatar(person), h("span.person-name", {}, person.first_name), badge].filter(Boolean));
    return tab;
  }

  scrollToChosen() {
    this.element.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** Ask for a name and a language; null if nobody is to be added. */
export function askPerson(words, language) {
  const name = h("input", { required: true, maxLength: 64, autocomplete: "off", id: "new-name" });
  const choice = h("select", { id: "new-language" });
  for (const [code, shown] of Object.entries(words.languages)) {
    choice.append(h("option", { value: code, selected: code === language }, shown));
  }
  const dialog = h("dialog", { "aria-labelledby": "new-title", lang: language });
  const cancel = h("button.plain", { type: "button", onclick: () => dialog.close() }, words.cancel);
  const buttons = h("div.dialog-buttons", {}, cancel, h("button.strong", { type: "submit" }, words.addPerson));
  const form = h("form", { method: "dialog" }, h("h2", { id: "new-title" }, words.addPerson));
  form.append(h("label", { for: "new-name" }, words.name), name);
  form.append(h("label", { for: "new-language" }, words.language), choice, buttons);
  dialog.append(form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    let found = null;
    form.addEventListener("submit", () => {
      found = { first_name: name.value.trim(), language_code: choice.value };
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(found?.first_name ? found : null);
    });
    dialog.showModal();
    name.focus();
  });
}
