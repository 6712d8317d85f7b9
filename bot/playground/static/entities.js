// A text and its entities as elements. Offsets are UTF-16 units, which is how JavaScript counts.

import { h, icon } from "./dom.js";
import { dateEntity, readersMoment } from "./when.js";

const OPENED = ["http:", "https:", "mailto:", "tel:"];

/**
 * The text as a fragment. at says where it is read: words, language, zone, now, bot (username), and what happens to
 * a command, a start payload, a copied text and what is to be shown for a while: command(text), start(payload),
 * copy(text), tell(text).
 */
export function richText(text, entities, at) {
  const fragment = document.createDocumentFragment();
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  build(fragment, text, 0, text.length, sorted, at);
  return fragment;
}

function build(parent, text, from, to, entities, at) {
  let place = from;
  let waiting = entities;
  while (waiting.length) {
    const [entity, ...others] = waiting;
    const begin = Math.max(entity.offset, place);
    const end = Math.min(entity.offset + entity.length, to);
    waiting = others;
    if (end <= begin) continue;
    const inside = others.filter((other) => other.offset < end).map((other) => cut(other, begin, end));
    waiting = others.filter((other) => other.offset + other.length > end).map((other) => cut(other, end, to));
    const { element, slot = element } = made(entity, text.slice(begin, end), at);
    if (slot) build(slot, text, begin, end, inside, at);
    parent.append(text.slice(place, begin), element);
    place = end;
    if (isBlock(entity) && text[place] === "\n") place += 1;
  }
  parent.append(text.slice(place, to));
}

function cut(entity, from, to) {
  const begin = Math.max(entity.offset, from);
  return { ...entity, offset: begin, length: Math.max(Math.min(entity.offset + entity.length, to) - begin, 0) };
}

const isBlock = ({ type }) => ["pre", "blockquote", "expandable_blockquote"].includes(type);

/** The element of one entity; slot is where its text goes (null: it has brought its own). */
function made(entity, text, at) {
  const make = MAKERS[entity.type];
  return make ? make(entity, text, at) : { element: h("span.named") };
}

const tagged = (what) => () => ({ element: h(what) });

const MAKERS = {
  bold: tagged("strong"),
  italic: tagged("em"),
  underline: tagged("u"),
  strikethrough: tagged("s"),
  custom_emoji: tagged("span"),
  code: (_, text, at) => ({ element: pressed(h("code", { title: at.words.copy }), () => at.copy(text)) }),
  pre: block,
  blockquote: tagged("blockquote"),
  expandable_blockquote: expandable,
  spoiler: (_, __, at) => ({ element: hidden(at) }),
  url: (_, text, at) => ({ element: link(text, at) }),
  text_link: (entity, _, at) => ({ element: link(entity.url, at) }),
  email: (_, text, at) => ({ element: link(`mailto:${text}`, at) }),
  phone_number: (_, text, at) => ({ element: link(`tel:${text}`, at) }),
  bot_command: (_, text, at) => ({ element: h("button.command", { type: "button", onclick: () => at.command(text) }) }),
  date_time: dated,
};

function pressed(element, work) {
  element.tabIndex = -1;
  element.setAttribute("role", "button");
  element.addEventListener("click", work);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    work();
  });
  return element;
}

function block(entity, text, at) {
  const slot = h("code");
  const copy = h("button.copy", { type: "button", title: at.words.copy, "aria-label": at.words.copy }, icon("copy"));
  copy.addEventListener("click", () => at.copy(text));
  const head = h("span.pre-head", {}, entity.language ?? "", copy);
  return { element: h("pre", {}, head, slot), slot };
}

function expandable(_, text, at) {
  const slot = h("span.folded");
  const button = h("button.unfold", { type: "button", "aria-expanded": "false", "aria-label": at.words.more });
  button.append(icon("chevron"));
  button.addEventListener("click", () => {
    const open = slot.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.setAttribute("aria-label", open ? at.words.less : at.words.more);
  });
  const short = text.split("\n").length <= 3 && text.length <= 120;
  if (short) slot.classList.add("open");
  return { element: h("blockquote.expandable", {}, slot, short ? null : button), slot };
}

function hidden(at) {
  const spoiler = h("span.spoiler", { "aria-label": at.words.spoiler });
  pressed(spoiler, () => {
    spoiler.classList.add("shown");
    spoiler.removeAttribute("role");
    spoiler.removeAttribute("aria-label");
  });
  return spoiler;
}

/** A link that opens apart; one to the bot itself becomes a start, one the page may not open plain text. */
function link(address, at) {
  const payload = startPayload(address, at.bot);
  if (payload !== null) {
    return h("button.link", { type: "button", title: address, onclick: () => at.start(payload) });
  }
  const url = opened(address);
  if (!url) return h("span.named");
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", title: url });
}

/** The address a new tab may open, or null. */
export function opened(address) {
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
    return OPENED.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** What t.me/<bot>?start=<payload> or tg://resolve carries: "" for a bare link to the bot, null for other addresses. */
export function startPayload(address, bot) {
  let url;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(address) ? address : `https://${address}`);
  } catch {
    return null;
  }
  const named = url.protocol === "tg:" ? url.searchParams.get("domain") : url.pathname.slice(1);
  if (url.protocol !== "tg:" && !["t.me", "telegram.me"].includes(url.hostname)) return null;
  return named?.toLowerCase() === bot.toLowerCase() ? (url.searchParams.get("start") ?? "") : null;
}

function dated(entity, _, at) {
  const date = new Date(entity.unix_time * 1000);
  const shown = dateEntity(date, entity.date_time_format, at.now, at.language, at.zone);
  const about = readersMoment(date, at.language, at.zone, at.words);
  const element = pressed(h("time", { dateTime: date.toISOString(), title: about }), () => at.tell(about));
  if (shown !== null) element.append(shown);
  return { element, slot: shown === null ? element : null };
}
