// The page's requests to the playground.

/** The playground said no, in a sentence; or it cannot be reached (offline is true). */
export class Refusal extends Error {
  constructor(sentence, offline = false) {
    super(sentence);
    this.offline = offline;
  }
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Refusal("The playground does not answer.", true);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(body.error ?? `${answer.status} ${answer.statusText}`, answer.status >= 500);
  return body;
}

export const readState = () => ask("state", { cache: "no-store" });
export const readProfiles = () => ask("profiles", { cache: "no-store" });

/** act("say", {person_id: 1001, text: "Ciao"}); rejects with Refusal. */
export const act = (name, fields = {}) =>
  ask(`actions/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
  });

const said = ({ caption = "", replyTo = null }) => (replyTo === null ? { caption } : { caption, reply_to: replyTo });

/** Send a file as this person; kind is photo, document, voice, video or audio, words are {caption, replyTo}. */
export const sendFile = (personId, { kind, file }, words) =>
  ask(`files?${new URLSearchParams({ person_id: personId, kind, name: file.name, ...said(words) })}`, {
    method: "POST",
    headers: { "Content-Type": kind === "voice" ? "audio/ogg" : file.type || "application/octet-stream" },
    body: file,
  });

/** Send 2 to 10 files, each {kind, file}, as one album. */
export const sendAlbum = (personId, files, words) => {
  const body = new FormData();
  for (const { kind, file } of files) body.append(kind, file, file.name);
  return ask(`albums?${new URLSearchParams({ person_id: personId, ...said(words) })}`, { method: "POST", body });
};

export const fileAddress = (fileId) => `files/${encodeURIComponent(fileId)}`;
