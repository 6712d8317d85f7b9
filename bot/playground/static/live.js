// Keeps the world's copy true: reads the state once, then follows the events, and comes back after every break.

import { readProfiles, readState } from "./api.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 4000;
const SETTLE_MS = 80;

export class Live {
  constructor(world) {
    this.world = world;
    this.source = null;
    this.wait = FIRST_WAIT;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }

  /** Read everything, then follow. */
  async start() {
    this.close();
    try {
      this.world.load(await readState());
    } catch {
      this.again(() => this.start());
      return;
    }
    this.follow();
  }

  /** Follow the events after the last one seen. The browser repeats a broken connection by itself, with its last id. */
  follow() {
    this.close();
    const source = new EventSource(`events?after=${encodeURIComponent(this.world.lastId)}`);
    this.source = source;
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.world.setOnline(true);
      if (this.stale) this.refreshProfiles();
    };
    source.onmessage = (message) => this.take(message);
    source.onerror = () => {
      this.world.setOnline(false);
      if (source.readyState === EventSource.CLOSED) this.again(() => this.follow());
    };
  }

  take(message) {
    const event = JSON.parse(message.data);
    if (["reset", "chat"].includes(event.kind)) {
      this.start();
      return;
    }
    this.world.lastId = message.lastEventId;
    this.world.apply(event);
    if (["commands", "profile", "person"].includes(event.kind)) this.refreshProfiles();
  }

  refreshProfiles() {
    clearTimeout(this.profiles);
    this.profiles = setTimeout(async () => {
      try {
        this.world.profiles = await readProfiles();
        this.stale = false;
        this.world.tell("profiles");
      } catch {
        this.stale = true; // read again as soon as the connection is back
      }
    }, SETTLE_MS);
  }

  again(work) {
    this.world.setOnline(false);
    this.later = work;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hurry(), this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  hurry() {
    clearTimeout(this.timer);
    const work = this.later;
    this.later = null;
    work?.();
  }

  close() {
    this.source?.close();
    this.source = null;
  }
}
