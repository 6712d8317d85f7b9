// Where a person writes: the text field, the menus above it, replies, edits, and Start in its place.

import { act, sendFile } from "./api.js";
import { AttachMenu } from "./attach.js";
import { excerpt } from "./bubble.js";
import { h, icon, iconButton } from "./dom.js";
import { Picker } from "./picker.js";

const MILAN = { latitude: 45.4602, longitude: 9.1946 };
const PICTURES = "image/png,image/jpeg,image/gif,image/webp";

export class Composer {
  /** failed(error) shows what went wrong; the chat is that of show(). */
  constructor(world, failed) {
    this.world = world;
    this.failed = failed;
    this.personId = null;
    this.drafts = new Map();
    this.kind = "document";
    this.build();
  }

  build() {
    this.field = h("textarea", { rows: 1, enterKeyHint: "send", autocomplete: "off", "aria-autocomplete": "list" });
    this.picker = new Picker(this.field, (text) => this.sendText(text));
    this.context = h("div.context", { hidden: true });
    this.menuButton = h("button.menu-button", { type: "button", "aria-haspopup": "listbox" });
    this.menuButton.addEventListener("click", () => this.toggleMenu());
    this.attachButton = iconButton("clip", "", () => this.attach.toggle(), { "aria-haspopup": "menu" });
    this.sendButton = iconButton("send", "", () => this.submit());
    this.sendButton.classList.add("send");
    this.file = h("input", { type: "file", hidden: true });
    this.file.addEventListener("change", () => this.sendChosen());
    this.attach = new AttachMenu(this);
    this.row = h("div.row", {}, this.menuButton, this.attachButton, this.field, this.sendButton, this.file);
    this.keys = h("div.reply-keys", { hidden: true });
    this.start = h("button.start", { type: "button", onclick: () => this.pressStart() });
    this.notice = h("p.notice", { hidden: true });
    this.element = h("div.composer", {}, this.picker.element, this.attach.element, this.context, this.row, this.keys);
    this.element.append(this.start, this.notice);
    this.field.addEventListener("input", () => this.onInput());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("paste", (event) => this.onPaste(event));
  }

  get draft() {
    if (!this.drafts.has(this.personId)) {
      this.drafts.set(this.personId, { text: "", to: null, editing: null, payload: null });
    }
    return this.drafts.get(this.personId);
  }

  get person() {
    return this.world.people.get(this.personId);
  }

  get chat() {
    return this.world.chat(this.personId);
  }

  show(personId, place) {
    if (this.personId !== null) this.draft.text = this.field.value;
    this.personId = personId;
    this.words = place.words;
    this.setText(this.draft.text);
    this.picker.close();
    this.attach.close();
    this.draw();
  }

  draw() {
    const { words, person, draft } = this;
    if (!person) return;
    if (!this.isThere(draft.to)) draft.to = null;
    if (!this.isThere(draft.editing)) draft.editing = null;
    const begins = draft.payload !== null || (!person.started && !this.chat.messages.size);
    const silent = person.deleted;
    const starts = !silent && (begins || person.blocked);
    this.start.hidden = !starts;
    this.notice.hidden = !silent;
    this.notice.textContent = words.accountDeleted;
    this.row.hidden = silent || starts;
    this.start.replaceChildren(...this.startWords(person.blocked && draft.payload === null, draft.payload));
    this.drawRow();
    this.drawContext();
    this.drawKeys();
    for (const part of [this.context, this.keys]) part.hidden ||= this.row.hidden;
  }

  /** Whether a message one answers or edits is still in the chat; it may have gone with the whole world. */
  isThere(message) {
    return this.chat.messages.get(message?.message_id)?.date === message?.date;
  }

  startWords(again, payload) {
    const label = h("span", {}, again ? this.words.restart : this.words.start);
    return payload ? [label, h("small", {}, `start=${payload}`)] : [label];
  }

  drawRow() {
    const { words } = this;
    const { menu, menu_button: button } = this.world.profile(this.personId);
    this.field.placeholder = words.message;
    this.field.setAttribute("aria-label", words.message);
    this.menuButton.hidden = !menu.length || button?.type === "web_app";
    this.menuButton.replaceChildren(icon("menu"), h("span", {}, words.menu));
    this.menuButton.setAttribute("aria-label", words.menu);
    name(this.attachButton, words.attach);
    name(this.sendButton, this.draft.editing ? words.edit : words.send);
    this.sendButton.replaceChildren(icon(this.draft.editing ? "tick" : "send"));
    this.sendButton.classList.toggle("idle", !this.field.value.trim());
    this.picker.commands = menu;
    this.attach.draw(words);
  }

  drawContext() {
    const { words, draft } = this;
    const message = draft.editing ?? draft.to;
    this.context.hidden = !message;
    if (!message) return;
    const reply = this.world.isBots(message) ? words.replyTo(this.world.profile(this.personId).name) : words.replySelf;
    const title = draft.editing ? words.editing : reply;
    const close = iconButton("close", words.cancel, () => this.leave());
    const about = h("span.context-about", {}, h("b", {}, title), h("span", {}, excerpt(message, words)));
    this.context.replaceChildren(icon(draft.editing ? "pen" : "reply"), about, close);
  }

  drawKeys() {
    const rows = this.chat.keyboard?.keyboard ?? [];
    this.keys.hidden = !rows.length;
    const key = (one) => {
      const text = one.text ?? one;
      return h("button.key", { type: "button", onclick: () => this.sendText(text) }, text);
    };
    this.keys.replaceChildren(...rows.map((row) => h("div.keys-row", {}, ...row.map(key))));
  }

  // what is written

  setText(text) {
    this.field.value = text;
    this.grow();
  }

  /** As high as its text; newer browsers do this by themselves. */
  grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  onInput() {
    this.grow();
    this.sendButton.classList.toggle("idle", !this.field.value.trim());
    this.picker.follow(this.field.value);
  }

  onKey(event) {
    if (event.isComposing || this.picker.onKey(event)) return;
    const work = this.keyWork(event);
    if (!work) return;
    event.preventDefault();
    work();
  }

  keyWork(event) {
    const empty = !this.field.value;
    if (event.key === "Enter" && !event.shiftKey) return () => this.submit();
    if (event.key === "Escape" && (this.draft.editing || this.draft.to)) return () => this.leave();
    if (event.key === "ArrowUp" && event.ctrlKey) return () => this.replyStep(-1);
    if (event.key === "ArrowDown" && event.ctrlKey) return () => this.replyStep(1);
    if (event.key === "ArrowUp" && empty && !event.shiftKey) return () => this.editLast();
    return null;
  }

  onPaste(event) {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    event.preventDefault();
    this.sendOne(file, PICTURES.includes(file.type || "?") ? "photo" : "document");
  }

  reply(message) {
    Object.assign(this.draft, { to: message, editing: null });
    this.draw();
    this.field.focus();
  }

  replyStep(step) {
    const messages = [...this.chat.messages.values()];
    const { to } = this.draft;
    const at = to ? messages.findIndex((one) => one.message_id === to.message_id) : messages.length;
    const target = messages[at + step];
    if (target) this.reply(target);
    else if (step > 0) this.leave();
  }

  editLast() {
    const own = [...this.chat.messages.values()].findLast((one) => !this.world.isBots(one) && one.text);
    if (!own) return;
    Object.assign(this.draft, { editing: own, to: null });
    this.setText(own.text);
    this.draw();
  }

  leave() {
    if (this.draft.editing) this.setText("");
    Object.assign(this.draft, { editing: null, to: null });
    this.draw();
    this.field.focus();
  }

  /** A link to the bot was followed: Start offers its payload. */
  offerStart(payload) {
    this.draft.payload = payload;
    this.draw();
    this.start.focus();
  }

  toggleMenu() {
    this.picker.toggleAll();
    this.field.focus();
  }

  // what is sent

  async submit() {
    const text = this.field.value;
    if (!text.trim()) return;
    const { editing } = this.draft;
    if (editing) await this.do("edit", { message_id: editing.message_id, text }, () => this.leave());
    else await this.sendText(text, true);
  }

  async sendText(text, own = false) {
    const to = this.draft.to?.message_id ?? null;
    this.picker.close();
    await this.do("say", { text, reply_to: to }, () => {
      if (own || this.field.value.startsWith("/")) this.setText("");
      this.draft.to = null;
      this.draw();
    });
  }

  async pressStart() {
    const payload = this.draft.payload ?? "";
    await this.do("start", { payload }, () => {
      this.draft.payload = null;
      this.draw();
      this.field.focus();
    });
  }

  sendSticker(emoji) {
    return this.do("sticker", { emoji });
  }

  sendLocation() {
    return this.do("location", MILAN);
  }

  choose(kind) {
    this.kind = kind;
    this.file.accept = kind === "photo" ? PICTURES : "";
    this.file.value = "";
    this.file.click();
  }

  async sendChosen() {
    const [file] = this.file.files;
    if (file) await this.sendOne(file, this.kind);
  }

  sendOne(file, kind) {
    const caption = this.field.value.trim();
    return this.attempt(() => sendFile(this.personId, kind, file, caption), () => this.setText(""));
  }

  do(name, fields, done) {
    return this.attempt(() => act(name, { person_id: this.personId, ...fields }), done);
  }

  /** One at a time; what could not be sent stays written. */
  async attempt(work, done = () => {}) {
    if (this.sending) return;
    this.sending = true;
    const personId = this.personId;
    try {
      await work();
      if (personId === this.personId) done();
    } catch (error) {
      this.failed(error);
    } finally {
      this.sending = false;
    }
  }
}

function name(button, label) {
  button.title = label;
  button.setAttribute("aria-label", label);
}
