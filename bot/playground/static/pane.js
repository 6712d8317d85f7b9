// One telephone: who holds it, the bot's name above, the messages, the text field, and what pops up over them.

import { act } from "./api.js";
import { Composer } from "./composer.js";
import { arrange, copy, h, icon } from "./dom.js";
import { Log } from "./log.js";
import { askPerson, fullName, PeopleRow } from "./people.js";
import { tongue, words } from "./words.js";

const TOAST_MS = 4000;
const PATIENCE_MS = 30_000;

export class Pane {
  constructor(world, number) {
    this.world = world;
    this.personId = null;
    this.groupId = null;
    this.waiting = new Map();
    this.openers = new Map();
    const id = `chat-${number}`;
    this.people = new PeopleRow(world, { pick: (personId) => this.show(personId, true), add: () => this.addPerson() });
    this.composer = new Composer(world, {
      failed: (error) => this.failed(error),
      lead: (payload) => this.offerStart(payload),
    });
    this.log = new Log(world, {
      press: (message, button) => this.press(message, button),
      reply: (message) => {
        getSelection().removeAllRanges();
        this.composer.reply(message);
      },
      edit: (message) => this.composer.edit(message),
      command: (text) => this.composer.sendText(text),
      start: (payload) => this.offerStart(payload),
      copy: (text) => this.copy(text),
      tell: (text) => this.toast(text),
    });
    this.title = h("b.bot-name");
    this.status = h("span.bot-status", { role: "status" });
    this.sign = h("span.avatar.bot-avatar", {});
    this.others = h("nav.chats");
    const head = h("header.head", {}, this.sign, h("div", {}, this.title, this.status), this.others);
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

  /** The chat in sight: a group, or this person's with the bot. */
  get chatId() {
    return this.groupId ?? this.personId;
  }

  get group() {
    return this.world.groups.get(this.groupId) ?? null;
  }

  /** Play this person here; chosen by hand, in their chat with the bot. */
  show(personId, byHand = false) {
    if (byHand || personId !== this.personId) this.groupId = null;
    this.personId = personId;
    this.open();
    this.people.scrollToChosen();
    if (byHand) this.picked(personId);
  }

  /** Show another chat of the same person: a group, or the one with the bot. */
  showChat(chatId) {
    this.groupId = this.world.groups.has(chatId) ? chatId : null;
    this.open();
    this.world.tell("seen");
  }

  open() {
    this.setLanguage();
    this.drawFrame();
    this.log.show(this.chatId);
    this.composer.show(this.personId, this.chatId, this.place);
  }

  /** Offer Start with a payload, in the chat with the bot. */
  offerStart(payload) {
    if (this.groupId !== null) this.showChat(this.personId);
    this.composer.offerStart(payload);
  }

  setLanguage() {
    const language = tongue(this.person?.language_code);
    this.words = words(language);
    this.chat.lang = language;
    this.place = {
      words: this.words,
      language,
      botName: this.world.profile(this.personId).name,
      group: this.group,
      isOwn: (message) => message.from.id === this.personId,
      nameOf: (message) => this.nameOf(message),
    };
    this.log.place = this.place;
  }

  nameOf(message) {
    if (this.world.isBots(message)) return this.world.profile(this.personId).name;
    return message.from.id === this.personId ? this.words.you : message.from.first_name;
  }

  onChange({ kind, chatId, event }) {
    if (!this.world.people.size) return;
    if (kind === "all" || (kind === "person" && event.person.id === this.personId)) this.reshow(kind === "all");
    if (kind === "answered") this.answered(event);
    if (kind === "clock") this.log.refreshTimes();
    if (["profiles", "online"].includes(kind)) this.reshow(false);
    if (chatId === this.chatId && ["message", "edited", "deleted", "reaction"].includes(kind)) {
      this.log.redraw();
      this.composer.draw();
    }
    this.drawFrame();
  }

  /** Draw again what may have changed all over; anew: not one message may be the old one. */
  reshow(anew) {
    if (this.personId === null) return;
    if (!this.person) this.personId = this.world.people.keys().next().value;
    if (!this.group) this.groupId = null;
    this.setLanguage();
    if (anew) {
      this.endWaiting();
      this.log.show(this.chatId);
    } else this.log.redraw();
    const { composer } = this;
    if (composer.personId === this.personId && composer.chatId === this.chatId) composer.draw();
    else composer.show(this.personId, this.chatId, this.place);
  }

  drawFrame() {
    if (!this.person) return;
    const chat = this.world.chat(this.chatId);
    const title = this.group?.title ?? this.world.profile(this.personId).name;
    this.people.draw(this.personId, this.words, this.chat.id);
    this.chat.setAttribute("aria-label", this.words.chatOf(fullName(this.person)));
    this.title.textContent = title;
    this.sign.replaceChildren(icon(this.group ? "people" : "plane"));
    arrange(this.others, this.otherChats().map((other) => this.opener(other)));
    const busy = chat.action && (this.words.actions[chat.action] ?? this.words.actions.typing);
    this.status.replaceChildren(...this.statusWords(busy));
    this.status.classList.toggle("live", Boolean(busy) || !this.world.online);
  }

  /** The chats of this person that are not in sight. */
  otherChats() {
    const { name } = this.world.profile(this.personId);
    const own = { id: this.personId, title: name, sign: "plane" };
    const groups = this.world.groupsOf(this.personId).map(({ id, title }) => ({ id, title, sign: "people" }));
    return [own, ...groups].filter(({ id }) => id !== this.chatId);
  }

  opener({ id, title, sign }) {
    const { unread } = this.world.chat(id);
    const label = [this.words.openChat(title), unread && this.words.unread(unread)].filter(Boolean).join(", ");
    const button = this.openers.get(id) ?? h("button.chat-opener", { type: "button", dataset: { chat: id } });
    this.openers.set(id, button);
    button.onclick = () => this.showChat(id);
    button.title = label;
    button.setAttribute("aria-label", label);
    button.replaceChildren(icon(sign), h("span", {}, title), unread ? h("span.badge", {}, String(unread)) : "");
    return button;
  }

  statusWords(busy) {
    const shown = this.world.online ? busy : this.words.offline;
    if (shown) return [shown, h("span.dots", { "aria-hidden": "true" }, h("i"), h("i"), h("i"))];
    if (this.group) return [this.words.botToo(this.memberNames())];
    return [this.person.blocked ? this.words.blocked : this.words.bot];
  }

  memberNames() {
    return this.group.members.map((id) => this.world.people.get(id)?.first_name ?? "…").join(", ");
  }

  // buttons under messages

  async press(message, button) {
    if (button.callback_data === undefined) {
      this.toast(this.words.notHere);
      return;
    }
    const { personId, chatId } = this;
    this.log.setBusy(message, button, true);
    try {
      const fields = { person_id: personId, chat_id: chatId, message_id: message.message_id, data: button.callback_data };
      const { query_id: query } = await act("press", fields);
      const late = setTimeout(() => this.release(query, this.words.noAnswer), PATIENCE_MS);
      this.waiting.set(query, { message, button, personId, chatId, late });
      if (this.world.answers.has(query)) this.answered(this.world.answers.get(query));
    } catch (error) {
      this.log.setBusy(message, button, false, chatId);
      this.failed(error);
    }
  }

  answered(answer) {
    this.composer.inline.answered(answer);
    const wait = this.waiting.get(answer.query_id);
    if (!wait) return;
    this.release(answer.query_id);
    if (wait.personId !== this.personId) return;
    const payload = answer.url ? new URL(answer.url, "https://t.me").searchParams.get("start") : null;
    if (payload !== null) this.offerStart(payload);
    else if (answer.show_alert && answer.text) this.alert(answer.text);
    else if (answer.text) this.toast(answer.text);
  }

  /** The button no longer waits. */
  release(query, why = "") {
    const { message, button, personId, chatId, late } = this.waiting.get(query);
    clearTimeout(late);
    this.waiting.delete(query);
    this.log.setBusy(message, button, false, chatId);
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
