// Several messages as one album: pictures in a grid above their words, other files one under the other.

import { forwarded, isPicture, quoted, textAndTime } from "./bubble.js";
import { arrange, h } from "./dom.js";
import { hour } from "./when.js";

export class Album {
  constructor() {
    this.head = h("div.album-head");
    this.grid = h("div.album-grid");
    this.foot = h("div.album-foot");
    this.element = h("div.album", { role: "group" }, this.head, this.grid, this.foot);
    this.messages = [];
  }

  /** Show these messages, whose elements are made; at is the place they are read in (see bubble.js). */
  draw(messages, elements, at) {
    arrange(this.grid, elements);
    this.drawWords(messages, at);
    this.element.classList.toggle("read", elements.at(-1).classList.contains("read"));
  }

  drawWords(messages, at) {
    if (messages.length === this.messages.length && messages.every((one, n) => one === this.messages[n])) return;
    this.messages = messages;
    const pictures = isPicture(messages[0]);
    this.element.className = `album ${at.isOwn(messages[0]) ? "out" : "in"} ${pictures ? "pictures" : "files"}`;
    this.element.setAttribute("aria-label", at.words.album(messages.length));
    this.grid.style.setProperty("--columns", columns(messages.length));
    const about = pictures ? [forwarded(messages[0], at), quoted(messages[0], at)] : [];
    this.head.replaceChildren(...about.filter(Boolean));
    this.foot.replaceChildren(...(pictures ? this.words(at) : []));
    const stops = this.element.querySelectorAll(".album-head button, .album-foot :is(button, a)");
    for (const stop of stops) stop.tabIndex = 0;
  }

  words(at) {
    const captioned = this.messages.filter((message) => message.caption);
    const shown = captioned.length ? captioned : [this.messages.at(-1)];
    return shown.map((message) => textAndTime(message, hour(new Date(message.date * 1000), at.language, at.zone), at));
  }
}

const columns = (count) => (count === 1 ? 1 : count % 3 === 0 || count > 4 ? 3 : 2);
