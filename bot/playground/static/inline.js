// What is typed after the bot's name: asks the bot while one types, and shows what it offers as cards.

import { act } from "./api.js";

const SETTLE_MS = 200;

export class Inline {
  /** composer is where it is typed; lead(payload) opens the chat with the bot at a payload. */
  constructor(composer, lead) {
    this.composer = composer;
    this.world = composer.world;
    this.picker = composer.picker;
    this.lead = lead;
    this.forget();
  }

  /** Nothing is asked any more. */
  forget() {
    clearTimeout(this.timer);
    this.query = null;
    this.asked = null;
  }

  /** Look at the text so far; true if it is for the bot, or may become so. */
  follow(text) {
    const [, name, question] = /^@(\w*)(?:\s([^]*))?$/.exec(text) ?? [];
    const bot = this.world.bot.username.toLowerCase();
    if (name === undefined || !bot.startsWith(name.toLowerCase())) {
      this.forget();
      return false;
    }
    if (question === undefined) this.offerName();
    else if (name.toLowerCase() === bot) this.ask(question.trim());
    return true;
  }

  /** The bot's name, while it is being written. */
  offerName() {
    this.forget();
    const title = `@${this.world.bot.username}`;
    const complete = `${title} `;
    const pick = () => this.picker.complete(complete);
    this.picker.open([{ title, about: this.composer.words.inlineHint, pick, complete }], 0);
  }

  ask(question) {
    if (question === this.asked) return;
    if (this.asked === null) this.picker.close();
    else this.picker.choose(-1);
    this.forget();
    this.asked = question;
    this.timer = setTimeout(() => this.send(question), SETTLE_MS);
  }

  async send(question) {
    const { personId, chatId } = this.composer;
    try {
      const { query_id: query } = await act("inline", { person_id: personId, chat_id: chatId, text: question });
      if (this.asked !== question || personId !== this.composer.personId) return;
      this.query = query;
      if (this.world.answers.has(query)) this.answered(this.world.answers.get(query));
    } catch (error) {
      this.composer.failed(error);
    }
  }

  /** The bot has answered some query; what was typed meanwhile has outdated all but the last. */
  answered({ query_id: query, results, button }) {
    if (query !== this.query || !results) return;
    const cards = results.map(({ id, title, description }) => ({
      title,
      about: description ?? "",
      pick: () => this.choose(query, id),
    }));
    const lead = button?.start_parameter;
    if (lead) cards.unshift({ title: button.text, about: "", pick: () => this.leadIn(lead), lead: true });
    this.picker.open(cards, -1, true);
  }

  async choose(query, id) {
    const { composer } = this;
    await composer.do("choose", { query_id: query, result_id: id }, () => composer.sent());
  }

  leadIn(payload) {
    this.composer.sent();
    this.lead(payload);
  }
}
