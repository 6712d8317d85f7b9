// Where a person writes: the text field, the menus above it, replies, edits, and Start in its place.

import { act, sendAlbum, sendFile } from "./api.js";
import { AttachMenu } from "./attach.js";
import { excerpt } from "./bubble.js";
import { h, icon, iconButton } from "./dom.js";
import { ACCEPTED, parcels } from "./files.js";
import { Inline } from "./inline.js";
import { Picker } from "./picker.js";
import { Recorder } from "./voice.js";

const MILAN = { latitude: 45.4602, longitude: 9.1946 };

export class Composer {
  /** failed(error) shows what went wrong, lead(payload) opens the chat with the bot; the chat is that of show(). */
  constructor(world, { failed, lead }) {
    this.world = world;
    this.failed = failed;
    this.personId = null;
    this.chatId = null;
    this.drafts = new Map();
    this.kind = "document";
    this.recorder = null;
    this.build();
    this.inline = new Inline(this, lead);
    setInterval(() => this.recorder && this.drawContext(), 1000);
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
    this.micButton = iconButton("mic", "", () => this.record());
    this.micButton.classList.add("mic");
    this.file = h("input", { type: "file", hidden: true, multiple: true });
    this.file.addEventListener("change", () => this.sendChosen());
    this.attach = new AttachMenu(this);
    this.row = h("div.row", {}, this.menuButton, this.attachButton, this.field, this.micButton, this.sendButton);
    this.row.append(this.file);
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
    const key = `${this.personId}/${this.chatId}`;
    if (!this.drafts.has(key)) this.drafts.set(key, { text: "", to: null, editing: null, payload: null });
    return this.drafts.get(key);
  }

  get person() {
    return this.world.people.get(this.personId);
  }

  get chat() {
    return this.world.chat(this.chatId);
  }

  get inGroup() {
    return this.chatId !== this.personId;
  }

  show(personId, chatId, place) {
    if (this.personId !== null) this.draft.text = this.field.value;
    this.stopRecording();
    this.personId = personId;
    this.chatId = chatId;
    this.place = place;
    this.words = place.words;
    this.setText(this.draft.text);
    this.picker.close();
    this.inline.forget();
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
    const starts = !silent && !this.inGroup && (begins || person.blocked);
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
    this.menuButton.hidden = this.inGroup || !menu.length || button?.type === "web_app";
    this.attachButton.hidden = this.inGroup;
    this.menuButton.replaceChildren(icon("menu"), h("span", {}, words.menu));
    this.menuButton.setAttribute("aria-label", words.menu);
    name(this.attachButton, words.attach);
    name(this.sendButton, this.draft.editing ? words.edit : words.send);
    this.sendButton.replaceChildren(icon(this.draft.editing ? "tick" : "send"));
    this.drawSend();
    this.picker.commands = this.inGroup ? [] : menu;
    this.attach.draw(words);
  }

  /** A microphone while nothing is written, as on a telephone. */
  drawSend() {
    const idle = !this.field.value.trim();
    name(this.micButton, this.recorder ? this.words.send : this.words.recordVoice);
    this.micButton.replaceChildren(icon(this.recorder ? "send" : "mic"));
    this.micButton.hidden = !this.recorder && (this.inGroup || !idle || Boolean(this.draft.editing));
    this.sendButton.hidden = !this.micButton.hidden;
    this.sendButton.classList.toggle("idle", idle);
  }

  drawContext() {
    const { words, draft } = this;
    if (this.recorder) {
      this.showContext("mic", words.recording, `${this.recorder.seconds} s`, () => this.stopRecording());
      return;
    }
    const message = draft.editing ?? draft.to;
    this.context.hidden = !message;
    if (!message) return;
    const own = message.from.id === this.personId;
    const reply = own ? words.replySelf : words.replyTo(this.place.nameOf(message));
    const title = draft.editing ? words.editing : reply;
    this.showContext(draft.editing ? "pen" : "reply", title, excerpt(message, words), () => this.leave());
  }

  showContext(sign, title, text, leave) {
    const about = h("span.context-about", {}, h("b", {}, title), h("span", {}, text));
    this.context.hidden = false;
    this.context.replaceChildren(icon(sign), about, iconButton("close", this.words.cancel, leave));
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
    this.drawSend();
    if (!this.inline.follow(this.field.value)) this.picker.follow(this.field.value);
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
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.sendFiles(files, "photo");
  }

  /** Files dropped anywhere on element are sent, pictures as photos. */
  takeDropped(element) {
    element.addEventListener("dragover", (event) => event.preventDefault());
    element.addEventListener("drop", (event) => {
      event.preventDefault();
      if (!this.row.hidden) this.sendFiles([...event.dataTransfer.files], "photo");
    });
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
    const written = (one) => one.from.id === this.personId && !one.via_bot && (one.text || one.caption);
    const own = [...this.chat.messages.values()].findLast(written);
    if (own) this.edit(own);
  }

  /** Write the text or the caption of this message anew. */
  edit(message) {
    Object.assign(this.draft, { editing: message, to: null });
    this.setText(message.text ?? message.caption ?? "");
    this.draw();
    this.field.focus();
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
    const fields = { chat_id: this.chatId, message_id: editing?.message_id, text };
    if (editing) await this.do("edit", fields, () => this.leave());
    else await this.sendText(text, true);
  }

  async sendText(text, own = false) {
    this.picker.close();
    await this.do("say", { chat_id: this.chatId, text, reply_to: this.replyTo }, () => {
      if (own || this.field.value.startsWith("/")) this.setText("");
      this.inline.forget();
      this.answered();
    });
  }

  /** What was written has been sent in another shape. */
  sent() {
    this.setText("");
    this.inline.forget();
    this.picker.close();
    this.answered();
  }

  get replyTo() {
    return this.draft.to?.message_id ?? null;
  }

  /** What was to be answered is answered. */
  answered() {
    this.draft.to = null;
    this.draw();
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
    return this.do("sticker", { emoji, reply_to: this.replyTo }, () => this.answered());
  }

  sendLocation() {
    return this.do("location", { ...MILAN, reply_to: this.replyTo }, () => this.answered());
  }

  choose(kind) {
    this.kind = kind;
    this.file.accept = ACCEPTED[kind];
    this.file.value = "";
    this.file.click();
  }

  async sendChosen() {
    await this.sendFiles([...this.file.files], this.kind);
  }

  /** What is written goes along as the caption of the first parcel. */
  sendFiles(files, wanted) {
    if (this.inGroup) return null;
    const { personId } = this;
    let words = { caption: this.field.value.trim(), replyTo: this.replyTo };
    const work = async () => {
      for (const parcel of parcels(files, wanted)) {
        if (parcel.length > 1) await sendAlbum(personId, parcel, words);
        else await sendFile(personId, parcel[0], words);
        words = {};
      }
    };
    const done = () => {
      this.setText("");
      this.answered();
    };
    return files.length ? this.attempt(work, done) : null;
  }

  // what is spoken

  /** Begin to record, or send what was recorded; without a microphone a file is chosen. */
  async record() {
    if (this.recorder) {
      this.sendFiles([await this.stopRecording()], "voice");
      return;
    }
    const { personId } = this;
    try {
      const recorder = await Recorder.begin();
      if (personId === this.personId) this.recorder = recorder;
      else recorder.end();
    } catch {
      this.choose("voice");
    }
    this.draw();
  }

  /** What was recorded so far, as a file; nothing if nothing was. */
  async stopRecording() {
    const { recorder } = this;
    if (!recorder) return null;
    this.recorder = null;
    this.draw();
    return recorder.end();
  }

  do(name, fields, done) {
    return this.attempt(() => act(name, { person_id: this.personId, ...fields }), done);
  }

  /** One at a time; what could not be sent stays written. */
  async attempt(work, done = () => {}) {
    if (this.sending) return;
    this.sending = true;
    const { draft } = this;
    try {
      await work();
      if (draft === this.draft) done();
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
