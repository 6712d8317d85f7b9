// What the page knows of the playground: a copy of its state, kept true by its events.

const TYPING_MS = 5000;
const ANSWERS_KEPT = 50;

/** Reactions as a message shows them. */
const shown = (reactions) => reactions.map((one) => one.emoji ?? "?");

/** One person's chat with the bot, or a group. Messages are replaced, never changed, so that a new one is a new object. */
class Chat {
  constructor(given = { messages: [], keyboard: null, reactions: {} }) {
    this.messages = new Map(given.messages.map((message) => [message.message_id, message]));
    this.keyboard = given.keyboard;
    this.reactions = new Map(Object.entries(given.reactions).map(([id, ones]) => [Number(id), shown(ones)]));
    this.action = null;
    this.readTo = 0;
    this.unread = 0;
  }

  /** Keep what only the page knows of messages that are still the same. */
  remember(before) {
    if (!before) return;
    const same = (id) => this.messages.has(id) && this.messages.get(id).date === before.messages.get(id)?.date;
    this.unread = Math.min(before.unread, [...before.messages.keys()].filter(same).length);
  }

  get last() {
    return [...this.messages.values()].at(-1);
  }
}

/** Subscribers are told {kind, chatId?}: "all" after everything was read again, else the kind of event. */
export class World {
  constructor() {
    this.id = "";
    this.lastId = "";
    this.people = new Map();
    this.groups = new Map();
    this.chats = new Map();
    this.profiles = {};
    this.faults = [];
    this.limits = false;
    this.bot = { id: 0, username: "" };
    this.zone = "UTC";
    this.shift = 0;
    this.ahead = 0;
    this.online = false;
    this.answers = new Map();
    this.listeners = new Set();
  }

  subscribe(listener) {
    this.listeners.add(listener);
  }

  tell(kind, chatId = null, more = {}) {
    for (const listener of this.listeners) listener({ kind, chatId, ...more });
  }

  /** The playground's present moment. */
  now() {
    return new Date(Date.now() + this.ahead);
  }

  chat(chatId) {
    if (!this.chats.has(chatId)) this.chats.set(chatId, new Chat());
    return this.chats.get(chatId);
  }

  /** The groups a person is in. */
  groupsOf(personId) {
    return [...this.groups.values()].filter(({ members }) => members.includes(personId));
  }

  profile(personId) {
    return this.profiles[personId] ?? { name: this.bot.username, description: "", menu: [], menu_button: {} };
  }

  isBots(message) {
    return message.from.id === this.bot.id;
  }

  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.tell("online");
  }

  /** Take over a state as /state gives it. */
  load(state) {
    const before = this.id === state.world ? this.chats : new Map();
    Object.assign(this, { id: state.world, zone: state.zone, bot: state.bot, profiles: state.profiles });
    Object.assign(this, { faults: state.faults, limits: state.limits, lastId: `${state.world}-${state.last}` });
    this.setClock(state.now, state.shift);
    this.people = new Map(state.people.map((person) => [person.id, person]));
    this.groups = new Map(state.groups.map((group) => [group.id, group]));
    this.chats = new Map(Object.entries(state.chats).map(([id, chat]) => [Number(id), new Chat(chat)]));
    for (const [id, chat] of this.chats) {
      chat.remember(before.get(id));
      chat.readTo = [...chat.messages.values()].findLast((message) => this.isBots(message))?.message_id ?? 0;
    }
    this.tell("all");
  }

  setClock(now, shift) {
    this.ahead = new Date(now).getTime() - Date.now();
    this.shift = shift;
  }

  apply(event) {
    const take = this[`on_${event.kind}`];
    if (!take) return;
    take.call(this, event);
    this.tell(event.kind, event.chat_id ?? null, { event });
  }

  on_message({ chat_id, message, keyboard }) {
    const chat = this.chat(chat_id);
    chat.messages.set(message.message_id, message);
    if (keyboard !== undefined) chat.keyboard = keyboard;
    const bots = this.isBots(message);
    if (bots) chat.action = null;
    if (bots || this.groups.has(chat_id)) chat.readTo = message.message_id;
    if (bots || this.groups.has(chat_id)) chat.unread += 1;
  }

  on_edited({ chat_id, message }) {
    this.chat(chat_id).messages.set(message.message_id, message);
  }

  on_deleted({ chat_id, message_ids }) {
    for (const id of message_ids) this.chat(chat_id).messages.delete(id);
  }

  on_action({ chat_id, action }) {
    const chat = this.chat(chat_id);
    chat.action = action === "cancel" ? null : action;
    chat.readTo = chat.last?.message_id ?? 0;
    clearTimeout(chat.quiet);
    chat.quiet = setTimeout(() => {
      chat.action = null;
      this.tell("action", chat_id);
    }, TYPING_MS);
  }

  on_reaction({ chat_id, message_id, reaction }) {
    this.chat(chat_id).reactions.set(message_id, shown(reaction));
  }

  on_answered(event) {
    this.answers.set(event.query_id, event);
    if (this.answers.size > ANSWERS_KEPT) this.answers.delete(this.answers.keys().next().value);
  }

  on_person({ person }) {
    const before = this.people.get(person.id) ?? {};
    const name = person.first_name || before.first_name;
    this.people.set(person.id, { ...before, ...person, first_name: name });
    this.chat(person.id);
  }

  on_clock({ now, shift }) {
    this.setClock(now, shift);
  }

  on_fault({ faults }) {
    this.faults = faults;
  }

  on_limits({ on }) {
    this.limits = on;
  }

  on_commands() {}

  on_profile() {}
}
