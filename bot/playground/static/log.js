// The messages of one chat: days between them, the newest in sight unless the reader has gone up, keys to walk them.

import { Album } from "./album.js";
import { bubble, setBusy } from "./bubble.js";
import { arrange, calm, h, icon, oncePerFrame } from "./dom.js";
import { dayKey, dayName } from "./when.js";

const PAGE = 200;
const NEAR = 60;
const TOGETHER_SECONDS = 600;
const STOPS = "button, a, [role=button], audio, video";

export class Log {
  /** hands: what a message may ask for: press, reply, edit, command, start, copy, tell (see bubble.js). */
  constructor(world, hands) {
    this.world = world;
    this.hands = hands;
    this.chatId = null;
    this.busy = new Set();
    this.list = h("div.list");
    this.scroller = h("div.log", { role: "log", tabIndex: -1, "aria-live": "polite", "aria-relevant": "additions" });
    this.scroller.append(this.list);
    this.pill = h("button.pill", { type: "button", hidden: true, onclick: () => this.toEnd() });
    this.element = h("div.log-frame", {}, this.scroller, this.pill);
    this.redraw = oncePerFrame(() => this.draw());
    this.scroller.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.onKey(event));
    this.scroller.addEventListener("focusin", (event) => this.setCurrent(event.target.closest(".message")));
    new ResizeObserver(() => this.sticking && this.jumpToEnd()).observe(this.list);
    new ResizeObserver(() => this.sticking && this.jumpToEnd()).observe(this.scroller);
    this.forget();
  }

  /** Show a chat, from its end; place is set before. */
  show(chatId) {
    this.chatId = chatId;
    this.forget();
    this.scroller.setAttribute("aria-label", this.place.words.messages);
    this.draw();
    this.jumpToEnd();
  }

  forget() {
    this.nodes = new Map();
    this.days = new Map();
    this.albums = new Map();
    this.shown = PAGE;
    this.sticking = true;
    this.missed = 0;
    this.top = 0;
    this.newest = 0;
    this.fresh = false;
    this.current = null;
  }

  /** The clock has jumped: names of days change, and messages that say how long it is until something. */
  refreshTimes() {
    for (const node of this.nodes.values()) {
      if ((node.message.entities ?? node.message.caption_entities)?.some(isRelative)) node.stale = true;
    }
    this.redraw();
  }

  draw() {
    if (this.chatId === null) return;
    const chat = this.world.chat(this.chatId);
    const all = [...chat.messages.values()];
    const messages = all.slice(-this.shown);
    const elements = all.length ? this.lines(messages, chat) : [this.welcome()];
    if (all.length > messages.length) elements.unshift(this.earlier());
    this.noteNew(messages);
    arrange(this.list, elements);
    this.forgetGone(chat);
    if (!this.current?.isConnected) this.setCurrent(this.list.querySelector(".message:last-of-type"));
    else if (!this.current.contains(document.activeElement)) this.setCurrent(this.lastMessage());
    this.drawPill();
    this.fresh = true;
  }

  lines(messages, chat) {
    const elements = [];
    const { zone } = this.world;
    const albums = new Map();
    let day = "";
    messages.forEach((message, at) => {
      const date = new Date(message.date * 1000);
      const key = dayKey(date, zone);
      if (key !== day) elements.push(this.day(`${key}/${at ? message.message_id : ""}`, date));
      const element = this.node(message, chat);
      element.classList.toggle("first", key !== day || !together(messages[at - 1], message));
      element.classList.toggle("last", !together(message, messages[at + 1]));
      element.classList.toggle("read", message.message_id <= chat.readTo);
      day = key;
      const group = message.media_group_id;
      if (!group) elements.push(element);
      else if (albums.has(group)) albums.get(group).push(message);
      else {
        albums.set(group, [message]);
        elements.push(this.album(group).element);
      }
    });
    this.drawAlbums(albums);
    return elements;
  }

  album(group) {
    if (!this.albums.has(group)) this.albums.set(group, new Album());
    return this.albums.get(group);
  }

  /** Put the messages of each group into its album, and forget the albums that have gone. */
  drawAlbums(albums) {
    const at = this.reading();
    for (const [group, messages] of albums) {
      this.albums.get(group).draw(messages, messages.map(({ message_id: id }) => this.nodes.get(id).element), at);
    }
    for (const group of this.albums.keys()) if (!albums.has(group)) this.albums.delete(group);
  }

  node(message, chat) {
    const reactions = chat.reactions.get(message.message_id);
    const known = this.nodes.get(message.message_id);
    if (known?.message === message && known.reactions === reactions && !known.stale) return known.element;
    const made = bubble(message, this.reading());
    if (!known && this.fresh && !calm()) made.classList.add("fresh");
    const element = known ? this.renewed(known, message, made) : made;
    this.nodes.set(message.message_id, { message, reactions, element });
    return element;
  }

  /** What has changed, put into the message that is there: nothing moves, and its buttons stay under the finger. */
  renewed({ element, message: before }, message, made) {
    const held = element.contains(document.activeElement);
    element.querySelector(".line").replaceWith(made.querySelector(".line"));
    if (JSON.stringify(before.reply_markup) !== JSON.stringify(message.reply_markup)) {
      element.querySelector(".keys")?.remove();
      element.append(made.querySelector(".keys") ?? "");
    }
    if (element === this.current) reachable(element, true);
    if (held && !element.contains(document.activeElement)) element.focus({ preventScroll: true });
    return element;
  }

  /** What a message needs to know of where it is read. */
  reading() {
    const chat = this.world.chat(this.chatId);
    return {
      ...this.place,
      ...this.hands,
      zone: this.world.zone,
      now: this.world.now(),
      bot: this.world.bot.username,
      isBots: (message) => this.world.isBots(message),
      reactions: (message) => chat.reactions.get(message.message_id) ?? [],
      isBusy: (message, button) => this.busy.has(busyKey(this.chatId, message, button)),
      jump: (messageId) => this.jumpTo(messageId),
    };
  }

  day(key, date) {
    const { words, language } = this.place;
    const name = dayName(date, this.world.now(), language, this.world.zone, words);
    const element = this.days.get(key) ?? h("div.day", {}, h("span"));
    element.firstChild.textContent = name;
    this.days.set(key, element);
    return element;
  }

  earlier() {
    const show = () => {
      const fromEnd = this.scroller.scrollHeight - this.scroller.scrollTop;
      this.shown += PAGE;
      this.draw();
      this.scroller.scrollTop = this.scroller.scrollHeight - fromEnd;
    };
    return h("button.earlier", { type: "button", onclick: show }, this.place.words.earlier);
  }

  welcome() {
    const { words, group, botName } = this.place;
    const { description } = this.world.profile(this.chatId);
    const title = group?.title ?? (description ? words.description : botName);
    const about = group ? words.groupHint(this.world.bot.username) : description;
    const sign = h("span.welcome-sign", {}, icon(group ? "people" : "plane"));
    return h("div.welcome", {}, sign, h("b", {}, title), h("p", {}, about));
  }

  noteNew(messages) {
    const added = messages.filter((message) => message.message_id > this.newest);
    this.newest = messages.at(-1)?.message_id ?? 0;
    if (!this.fresh || !added.length) return;
    if (this.place.isOwn(added.at(-1))) this.toEnd();
    else if (!this.sticking) this.missed += added.length;
  }

  forgetGone(chat) {
    for (const id of this.nodes.keys()) if (!chat.messages.has(id)) this.nodes.delete(id);
  }

  // scrolling

  onScroll() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const away = scrollHeight - clientHeight - scrollTop;
    if (away < NEAR) this.sticking = true;
    else if (scrollTop < this.top - 1) this.sticking = false;
    if (this.sticking) this.missed = 0;
    this.top = scrollTop;
    this.drawPill();
  }

  drawPill() {
    const { words } = this.place;
    this.pill.hidden = this.sticking;
    if (this.sticking) return;
    this.pill.replaceChildren(icon("down"), this.missed ? words.newMessages(this.missed) : "");
    this.pill.setAttribute("aria-label", this.missed ? words.newMessages(this.missed) : words.down);
  }

  toEnd() {
    this.sticking = true;
    this.missed = 0;
    this.drawPill();
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: calm() ? "auto" : "smooth" });
  }

  jumpToEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
  }

  jumpTo(messageId) {
    const element = this.nodes.get(messageId)?.element;
    if (!element?.isConnected) return;
    element.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
    element.classList.remove("flash");
    requestAnimationFrame(() => element.classList.add("flash"));
  }

  // buttons that wait

  setBusy(message, button, busy, chatId = this.chatId) {
    const key = busyKey(chatId, message, button);
    if (busy) this.busy.add(key);
    else this.busy.delete(key);
    if (chatId !== this.chatId) return;
    const element = this.nodes.get(message.message_id)?.element;
    for (const one of element?.querySelectorAll("button.key") ?? []) {
      if (one.dataset.data === button.callback_data) setBusy(one, busy);
    }
  }

  // the keyboard: one message at a time can be reached by Tab, arrows lead to the others

  lastMessage() {
    return [...this.list.querySelectorAll(".message")].at(-1) ?? null;
  }

  setCurrent(message) {
    if (!message || message === this.current) return;
    if (this.current) reachable(this.current, false);
    reachable(message, true);
    this.current = message;
  }

  onKey(event) {
    const message = event.target.closest(".message");
    if (!message || event.ctrlKey || event.metaKey || event.altKey) return;
    const work = event.target === message ? this.messageKey(event.key, message) : innerKey(event, message);
    if (!work) return;
    event.preventDefault();
    work();
  }

  messageKey(key, message) {
    const all = [...this.list.querySelectorAll(".message")];
    const at = all.indexOf(message);
    const target = { ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1) }[key];
    if (target) return () => target.focus();
    if (key === "ArrowRight") return () => innerStops(message)[0]?.focus();
    if (key.toLowerCase() === "e") return () => message.querySelector(".edit-button")?.click();
    if (key === "Enter" || key.toLowerCase() === "r") return () => message.querySelector(".reply-button").click();
    return null;
  }
}

const innerStops = (message) =>
  [".keys .key", ".text button, .text a, .text [role=button]"].flatMap((stops) => [...message.querySelectorAll(stops)]);

function innerKey(event, message) {
  const stops = innerStops(message);
  const at = stops.indexOf(event.target);
  if (event.key === "Escape") return () => message.focus();
  if (at < 0) return null;
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  return step ? () => stops[(at + step + stops.length) % stops.length].focus() : null;
}

function reachable(message, on) {
  message.tabIndex = on ? 0 : -1;
  for (const stop of message.querySelectorAll(STOPS)) stop.tabIndex = on ? 0 : -1;
}

const isRelative = ({ type, date_time_format: format }) => type === "date_time" && (format ?? "").includes("r");

function together(one, other) {
  if (!one || !other || one.from.id !== other.from.id) return false;
  return Math.abs(other.date - one.date) < TOGETHER_SECONDS;
}

const busyKey = (chatId, message, button) => `${chatId}/${message.message_id}/${button.callback_data}`;
