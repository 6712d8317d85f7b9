// What chosen files are sent as, and which of them go together.

const PHOTOS = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const FILMS = ["video/mp4", "video/webm"];
const MOST_IN_ALBUM = 10;

/** What the chooser of files offers for each kind. */
export const ACCEPTED = { photo: [...PHOTOS, ...FILMS].join(","), voice: "audio/*", document: "" };

/** Files as parcels of up to ten {kind, file}: pictures in some, other files in others. */
export function parcels(files, wanted) {
  const all = files.map((file) => ({ kind: kindOf(file, wanted), file }));
  const one = (kinds) => all.filter(({ kind }) => kinds.includes(kind));
  const alone = one(["voice"]).map((file) => [file]);
  return [...inAlbums(one(["photo", "video"])), ...inAlbums(one(["document"])), ...alone];
}

function inAlbums(files) {
  const albums = [];
  for (let at = 0; at < files.length; at += MOST_IN_ALBUM) albums.push(files.slice(at, at + MOST_IN_ALBUM));
  return albums;
}

function kindOf(file, wanted) {
  if (wanted !== "photo") return wanted;
  if (PHOTOS.includes(file.type)) return "photo";
  return FILMS.includes(file.type) ? "video" : "document";
}
