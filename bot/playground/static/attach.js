// The menu behind the paper clip: a picture, a file, a place, a sticker.

import { h, icon } from "./dom.js";

const STICKERS = ["👍", "👋", "🎉", "😂", "😍", "🙏", "😢", "🤔", "✈️", "🎓", "📚", "❤️"];

export class AttachMenu {
  constructor(composer) {
    this.composer = composer;
    this.element = h("div.attach", { role: "menu", hidden: true });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    this.element.addEventListener("focusout", (event) => this.onLeave(event));
  }

  draw(words) {
    if (!this.element.hidden) return;
    const { composer } = this;
    const item = (sign, label, work) => {
      const props = { type: "button", role: "menuitem", tabIndex: -1, onclick: () => this.take(work) };
      return h("button", props, sign && icon(sign), label);
    };
    const sticker = (emoji) => item(null, emoji, () => composer.sendSticker(emoji));
    const stickers = h("div.stickers", { role: "group", "aria-label": words.stickers }, ...STICKERS.map(sticker));
    this.element.replaceChildren(
      item("photo", words.photo, () => composer.choose("photo")),
      item("file", words.document, () => composer.choose("document")),
      item("pin", words.location, () => composer.sendLocation()),
      stickers,
      h("small", {}, words.captionHint),
    );
  }

  take(work) {
    this.close();
    this.composer.field.focus();
    work();
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    this.composer.attachButton.setAttribute("aria-expanded", String(!this.element.hidden));
    if (!this.element.hidden) this.element.querySelector("button").focus();
  }

  close() {
    this.element.hidden = true;
    this.composer.attachButton.setAttribute("aria-expanded", "false");
  }

  onLeave(event) {
    const to = event.relatedTarget;
    if (!this.element.contains(to) && to !== this.composer.attachButton) this.close();
  }

  onKey(event) {
    const items = [...this.element.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Escape") this.take(() => {});
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
