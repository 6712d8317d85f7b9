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

/** Send a file as this person; kind is photo or document. */
export const sendFile = (personId, kind, file, caption) =>
  ask(`files?${new URLSearchParams({ person_id: personId, kind, name: file.name, caption })}`, {
    method: "POST",
    headers: { "Content-Type": file.type || "application/octet-stream" },
    body: file,
  });

export const fileAddress = (fileId) => `files/${encodeURIComponent(fileId)}`;
