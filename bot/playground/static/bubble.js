// One message as an element: what it answers, what it carries, its text, its time, its buttons.

import { fileAddress } from "./api.js";
import { h, icon, iconButton } from "./dom.js";
import { opened, richText, startPayload } from "./entities.js";
import { colour } from "./people.js";
import { hour } from "./when.js";

const EXCERPT = 120;
const PHOTO = { width: 360, height: 400, least: 140 };
const SIZES = ["B", "KB", "MB"];
const KINDS = [
  "animation", "photo", "document", "voice", "video", "video_note", "audio", "sticker", "location", "contact",
];

/**
 * at is the place it is read in: what entities.js wants and isBots(message), isOwn(message), nameOf(message), group,
 * press(message, button), isBusy(message, button), reply(message), edit(message), jump(messageId),
 * reactions(message).
 */
export function bubble(message, at) {
  const own = at.isOwn(message);
  const time = hour(new Date(message.date * 1000), at.language, at.zone);
  const article = h(`article.message.${own ? "out" : "in"}`, {
    tabIndex: -1,
    role: "article",
    "aria-label": `${at.nameOf(message)}, ${time}`,
    dataset: { id: message.message_id },
  });
  const body = h("div.bubble");
  if (isOneOfPictures(message)) body.append(media(message, at), reactions(message, at));
  else {
    const parts = [author(message, at), forwarded(message, at), quoted(message, at), media(message, at), textAndTime(message, time, at)];
    body.append(...parts.filter(Boolean), reactions(message, at));
  }
  if (message.sticker || message.video_note) body.classList.add("sticker-only");
  else if (isBare(message)) body.classList.add("bare");
  const reply = iconButton("reply", at.words.reply, () => at.reply(message), { tabIndex: -1 });
  reply.classList.add("reply-button");
  article.append(h("div.line", {}, body, reply, pen(message, at)), keyboard(message, at));
  body.addEventListener("dblclick", (event) => event.target.closest("button, a, code, [role=button]") || at.reply(message));
  return article;
}

/** What one has written can be written anew. */
function pen(message, at) {
  if (!at.isOwn(message) || message.via_bot || !(message.text || message.caption)) return null;
  const edit = iconButton("pen", at.words.edit, () => at.edit(message), { tabIndex: -1 });
  edit.classList.add("edit-button");
  return edit;
}

/** A picture that moves or does not. */
export const isPicture = (message) => Boolean(message.photo || message.video);

/** Whether the album shows the message's words, and what it answers, for it. */
const isOneOfPictures = (message) => Boolean(message.media_group_id) && isPicture(message);

/** A picture or place without words: the time lies on it. */
const isBare = (message) => !message.caption && (message.photo || message.location) && !isOneOfPictures(message);

/** The first words of what a message carries, for quotations and the picker. */
export function excerpt(message, words) {
  const text = message.text ?? message.caption ?? "";
  const kind = KINDS.find((one) => message[one]);
  const named = message.animation ? "" : (message.document ?? message.audio)?.file_name;
  const what = (message.sticker?.emoji ?? named) || (kind ? words[kind] : "");
  return [what, text].filter(Boolean).join(" · ").slice(0, EXCERPT);
}

/** Who wrote it, where several write, and the bot it was made with. */
function author(message, at) {
  const named = at.group && !at.isOwn(message);
  if (!named && !message.via_bot) return null;
  const name = named ? h(`b.name-${colour(message.from)}`, {}, at.nameOf(message)) : null;
  const via = message.via_bot ? h("span.via", {}, at.words.via(message.via_bot.username)) : null;
  return h("div.author", {}, name, via);
}

export function forwarded(message, at) {
  const origin = message.forward_origin;
  if (!origin) return null;
  const name = origin.sender_user?.first_name || origin.sender_user_name || "?";
  return h("div.forwarded", {}, at.words.forwarded(name));
}

export function quoted(message, at) {
  const answered = message.reply_to_message;
  if (!answered) return null;
  const name = at.nameOf(answered);
  const text = message.quote?.text ?? excerpt(answered, at.words);
  const button = h("button.quoted", { type: "button", tabIndex: -1 }, h("b", {}, name), h("span", {}, text));
  button.setAttribute("aria-label", `${at.words.replyTo(name)}: ${text}`);
  button.addEventListener("click", () => at.jump(answered.message_id));
  return button;
}

function media(message, at) {
  if (message.photo) return photo(message.photo.at(-1), at);
  if (message.animation) return film(message.animation, "video.film", { loop: true });
  if (message.video) return film(message.video, "video.film");
  if (message.video_note) return film(message.video_note, "video.film.round");
  if (message.document) return document_(message.document, at);
  if (message.voice) return sound(message.voice);
  if (message.audio) return h("div", {}, document_(message.audio, at), sound(message.audio));
  if (message.contact) return contact(message.contact);
  if (message.sticker) {
    return h("div.sticker", { role: "img", "aria-label": at.words.sticker }, message.sticker.emoji ?? "?");
  }
  if (message.location) return place(message.location, at);
  return null;
}

/** As wide as it is, within the room a chat has; small ones are drawn larger. */
function photo(size, at) {
  const scale = Math.min(1, PHOTO.width / size.width, PHOTO.height / size.height);
  const address = fileAddress(size.file_id);
  const image = h("img", { alt: at.words.photo, src: address, width: size.width, height: size.height });
  const frame = h("a.photo", { href: address, target: "_blank", rel: "noopener", tabIndex: -1 }, image);
  frame.style.width = `${Math.max(Math.round(size.width * scale), PHOTO.least)}px`;
  image.addEventListener("error", () => frame.classList.add("broken"));
  return frame;
}

const film = (file, what, more = {}) =>
  h(what, { controls: true, preload: "metadata", src: fileAddress(file.file_id), ...more });

const sound = (file) => h("audio", { controls: true, preload: "none", src: fileAddress(file.file_id) });

function contact({ first_name: first, last_name: last, phone_number: number }) {
  const about = h("span.file-about", {}, h("b", {}, [first, last].filter(Boolean).join(" ")), h("small", {}, number));
  return h("a.file.contact", { href: `tel:${number}`, tabIndex: -1 }, h("span.file-sign", {}, icon("person")), about);
}

function document_(file, at) {
  const name = file.file_name ?? at.words.file;
  const about = h("span.file-about", {}, h("b", {}, name), h("small", {}, readableSize(file.file_size ?? 0)));
  const address = fileAddress(file.file_id);
  return h("a.file", { href: address, download: name, tabIndex: -1 }, h("span.file-sign", {}, icon("file")), about);
}

function readableSize(bytes) {
  const step = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), SIZES.length - 1);
  return `${(bytes / 1024 ** step).toFixed(step ? 1 : 0)} ${SIZES[step]}`;
}

function place(location, at) {
  const where = `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`;
  const point = `${location.latitude}/${location.longitude}`;
  const href = `https://www.openstreetmap.org/?mlat=${location.latitude}&mlon=${location.longitude}#map=15/${point}`;
  const caption = h("span", {}, h("b", {}, at.words.location), h("small", {}, where));
  return h("a.place", { href, target: "_blank", rel: "noopener noreferrer", tabIndex: -1 }, icon("pin"), caption);
}

/** The message's words, and when it was sent. */
export function textAndTime(message, time, at) {
  const text = message.text ?? message.caption ?? (message.pinned_message && at.words.pinned);
  const block = h(text ? "div.text" : "div.text.wordless", { dir: "auto" });
  if (text) block.append(richText(text, message.entities ?? message.caption_entities, at));
  for (const stop of block.querySelectorAll("button, a")) stop.tabIndex = -1;
  const marks = [showsEdit(message, at) && h("span", {}, at.words.edited), h("time", {}, time)];
  if (at.isOwn(message)) marks.push(h("span.ticks", {}, icon("tick"), icon("ticks")));
  block.append(h("span.meta", {}, ...marks));
  return block;
}

/** As Telegram does it: not on messages whose buttons changed them. */
const showsEdit = (message, at) => message.edit_date && !(at.isBots(message) && message.reply_markup);

function reactions(message, at) {
  const given = at.reactions(message);
  return given.length ? h("div.reactions", {}, ...given.map((one) => h("span", {}, one))) : "";
}

function keyboard(message, at) {
  const rows = message.reply_markup?.inline_keyboard ?? [];
  if (!rows.length) return "";
  const lines = rows.map((row) => h("div.keys-row", {}, ...row.map((button) => key(message, button, at))));
  return h("div.keys", { role: "group" }, ...lines);
}

function key(message, button, at) {
  const style = button.style ? `.${button.style}` : "";
  const payload = button.url ? startPayload(button.url, at.bot) : null;
  if (button.url && payload === null) return leading(button, style);
  const element = h(`button.key${style}`, { type: "button", tabIndex: -1 }, h("span.label", {}, button.text));
  element.dataset.data = button.callback_data ?? "";
  if (button.copy_text) element.append(icon("copy"));
  element.addEventListener("click", () => {
    if (payload !== null) at.start(payload);
    else if (button.copy_text) at.copy(button.copy_text.text);
    else at.press(message, button);
  });
  if (at.isBusy(message, button)) setBusy(element, true);
  return element;
}

/** A button that opens an address in a new tab. */
function leading(button, style) {
  const href = opened(button.url);
  return h(
    `a.key${style}`,
    { href, target: "_blank", rel: "noopener noreferrer", title: href ?? button.url, tabIndex: -1 },
    h("span.label", {}, button.text),
    icon("out"),
  );
}

/** Show that a button waits for the bot, or no more. */
export function setBusy(element, busy) {
  element.classList.toggle("busy", busy);
  element.setAttribute("aria-busy", String(busy));
}

