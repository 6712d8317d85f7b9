// One telephone: who holds it, the bot's name above, the messages, the text field, and what pops up over them.

import { act } from "./api.js";
import { Composer } from "./composer.js";
import { copy, h, icon } from "./dom.js";
import { Log } from "./log.js";
import { askPerson, fullName, PeopleRow } from "./people.js";
import { tongue, words } from "./words.js";

const TOAST_MS = 4000;
const PATIENCE_MS = 30_000;

export class Pane {
  constructor(world, number) {
    this.world = world;
    this.personId = null;
    this.waiting = new Map();
    const id = `chat-${number}`;
    this.people = new PeopleRow(world, { pick: (personId) => this.show(personId, true), add: () => this.addPerson() });
    this.composer = new Composer(world, (error) => this.failed(error));
    this.log = new Log(world, {
      press: (message, button) => this.press(message, button),
      reply: (message) => {
        getSelection().removeAllRanges();
        this.composer.reply(message);
      },
      edit: (message) => this.composer.edit(message),
      command: (text) => this.composer.sendText(text),
      start: (payload) => this.composer.offerStart(payload),
      copy: (text) => this.copy(text),
      tell: (text) => this.toast(text),
    });
    this.title = h("b.bot-name");
    this.status = h("span.bot-status", { role: "status" });
    const sign = h("span.avatar.bot-avatar", {}, icon("plane"));
    const head = h("header.head", {}, sign, h("div", {}, this.title, this.status));
    this.toasts = h("div.toasts", { role: "status", "aria-live": "polite" });
    this.chat = h("section.chat", { id, role: "tabpanel" }, head, this.log.element, this.composer.element, this.toasts);
    this.composer.takeDropped(this.chat);
    this.element = h("div.pane", { dataset: { pane: number } }, this.people.element, this.chat);
    this.picked = () => {};
    world.subscribe((change) => this.onChange(change));
  }

  get visible() {
    return this.element.offsetParent !== null;
  }

  get person() {
    return this.world.people.get(this.personId);
  }

  /** Play this person here. */
  show(personId, byHand = false) {
    this.personId = personId;
    this.setLanguage();
    this.drawFrame();
    this.log.show(personId);
    this.composer.show(personId, this.place);
    this.people.scrollToChosen();
    if (byHand) this.picked(personId);
  }

  setLanguage() {
    const language = tongue(this.person?.language_code);
    this.words = words(language);
    this.chat.lang = language;
    this.place = {
      words: this.words,
      language,
      botName: this.world.profile(this.personId).name,
      personName: this.words.you,
    };
    this.log.place = this.place;
  }

  onChange({ kind, chatId, event }) {
    if (!this.world.people.size) return;
    if (kind === "all" || (kind === "person" && event.person.id === this.personId)) this.reshow(kind === "all");
    if (kind === "answered") this.answered(event);
    if (kind === "clock") this.log.refreshTimes();
    if (["profiles", "online"].includes(kind)) this.reshow(false);
    if (chatId === this.personId && ["message", "edited", "deleted", "reaction"].includes(kind)) {
      this.log.redraw();
      this.composer.draw();
    }
    this.drawFrame();
  }

  /** Draw again what may have changed all over; anew: not one message may be the old one. */
  reshow(anew) {
    if (this.personId === null) return;
    if (!this.person) this.personId = this.world.people.keys().next().value;
    this.setLanguage();
    if (anew) {
      this.endWaiting();
      this.log.show(this.personId);
    } else this.log.redraw();
    if (this.composer.personId === this.personId) this.composer.draw();
    else this.composer.show(this.personId, this.place);
  }

  drawFrame() {
    if (!this.person) return;
    const chat = this.world.chat(this.personId);
    this.people.draw(this.personId, this.words, this.chat.id);
    this.chat.setAttribute("aria-label", this.words.chatOf(fullName(this.person)));
    this.title.textContent = this.world.profile(this.personId).name;
    const busy = chat.action && (this.words.actions[chat.action] ?? this.words.actions.typing);
    this.status.replaceChildren(...this.statusWords(busy));
    this.status.classList.toggle("live", Boolean(busy) || !this.world.online);
  }

  statusWords(busy) {
    const shown = this.world.online ? busy : this.words.offline;
    if (shown) return [shown, h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i"))];
    return [this.person.blocked ? this.words.blocked : this.words.bot];
  }

  // buttons under messages

  async press(message, button) {
    if (button.callback_data === undefined) {
      this.toast(this.words.notHere);
      return;
    }
    const { personId } = this;
    this.log.setBusy(message, button, true);
    try {
      const fields = { person_id: personId, message_id: message.message_id, data: button.callback_data };
      const { query_id: query } = await act("press", fields);
      const late = setTimeout(() => this.release(query, this.words.noAnswer), PATIENCE_MS);
      this.waiting.set(query, { message, button, personId, late });
      if (this.world.answers.has(query)) this.answered(this.world.answers.get(query));
    } catch (error) {
      this.log.setBusy(message, button, false, personId);
      this.failed(error);
    }
  }

  answered(answer) {
    const wait = this.waiting.get(answer.query_id);
    if (!wait) return;
    this.release(answer.query_id);
    if (wait.personId !== this.personId) return;
    const payload = answer.url ? new URL(answer.url, "https://t.me").searchParams.get("start") : null;
    if (payload !== null) this.composer.offerStart(payload);
    else if (answer.show_alert && answer.text) this.alert(answer.text);
    else if (answer.text) this.toast(answer.text);
  }

  /** The button no longer waits. */
  release(query, why = "") {
    const { message, button, personId, late } = this.waiting.get(query);
    clearTimeout(late);
    this.waiting.delete(query);
    this.log.setBusy(message, button, false, personId);
    if (why && personId === this.personId) this.toast(why);
  }

  endWaiting() {
    for (const query of [...this.waiting.keys()]) this.release(query);
  }

  // what pops up

  async copy(text) {
    await copy(text);
    this.toast(this.words.copied);
  }

  failed(error) {
    const { notSent, offline } = this.words;
    this.toast(error.offline ? `${notSent}: ${offline}…` : error.message);
  }

  toast(text) {
    const toast = h("div.toast", {}, text);
    this.toasts.append(toast);
    setTimeout(() => toast.remove(), TOAST_MS);
  }

  alert(text) {
    const before = document.activeElement;
    const ok = h("button.strong", { type: "button" }, this.words.ok);
    const box = h("div.alert", { role: "alertdialog", "aria-modal": "true", "aria-label": this.title.textContent });
    const overlay = h("div.overlay", {}, box);
    box.append(h("b", {}, this.title.textContent), h("p", {}, text), ok);
    const close = () => {
      overlay.remove();
      if (before?.isConnected) before.focus();
    };
    ok.addEventListener("click", close);
    overlay.addEventListener("click", (event) => event.target === overlay && close());
    overlay.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (["Escape", "Tab"].includes(event.key)) event.preventDefault();
    });
    this.chat.append(overlay);
    ok.focus();
  }

  async addPerson() {
    const found = await askPerson(this.words, this.place.language);
    if (!found) return;
    try {
      const { person_id: personId } = await act("add-person", found);
      this.world.on_person({ person: { id: personId, ...found, started: false } });
      this.show(personId, true);
    } catch (error) {
      this.failed(error);
    }
  }
}
