// A reader's life, through the client that “legible client --lang ts” writes.
import { type DocumentId, FocusReader, RefusedError, valueOf } from "./focusreader.js";

declare const process: { env: Record<string, string> };

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error("this does not hold: " + what);
}

const api = new FocusReader(process.env["API"]!);
const who = { username: "ann", password: "correct horse" };

const { user, library, settings } = await valueOf(api.createAccount(who));
const again = await api.createAccount(who);
must(!again.ok && again.refusal === "USERNAME_TAKEN" && again.status === 409, "a name is taken once");
must(again.error === "Username 'ann' already exists.", "the sentence is " + again.error);
must(again.trace !== "", "an answer has a trace");
try {
  await valueOf(api.createAccount({ ...who, username: "bob", password: "short" }));
  must(false, "a short password is refused");
} catch (e) {
  must(e instanceof RefusedError && e.answer.refusal === "PASSWORD_TOO_SHORT", String(e));
}

// Nobody yet.
const nobody = await api.getUserDetails();
must(!nobody.ok && nobody.status === 401 && nobody.refusal === null, "nobody is told anything");

const { session } = await valueOf(api.logIn(who));
const ann = api.withSession(session);
must((await valueOf(ann.getUserDetails())).username === "ann", "the session is ann's");
must((await valueOf(ann.getUserDetails({ user }))).username === "ann", "and may be said to be");

// A book in a form, the same as bytes with a field that no form can say, and no book.
const { readFile } = await import("node:fs/promises" as string);
const bytes: Uint8Array<ArrayBuffer> = new Uint8Array(await readFile(process.env["BOOK"]!));
const book = new Blob([bytes], { type: "application/epub+zip" });
const { document } = await valueOf(ann.createDocument({ name: "The Sea & more", epubContent: book, library }));
const inJSON = await ann.createDocument({ name: "again", epubContent: bytes, library, user: null });
must(inJSON.ok, "bytes are taken as they are");
const claimed = await ann.createDocument({ name: "claimed", epubContent: bytes, library, user: 7 });
must(!claimed.ok && claimed.status === 403, "a claim that is no text goes as JSON, and is refused");
const none = await ann.createDocument({ name: "none", epubContent: new Blob(["no book"]), library });
must(!none.ok && none.refusal === "NOT_AN_EPUB", "what is no book is refused");
// @ts-expect-error a user is no library
const wrong = await ann.createDocument({ name: "wrong", epubContent: book, library: user });
must(!wrong.ok && wrong.status === 403, "what the compiler would not take the server does not take either");

const shelf = await valueOf(ann.getDocumentsInLibrary({ library }));
must(shelf.length === 2 && shelf.some((d) => d.document._id === document && d.document.name === "The Sea & more"), "the shelf has both");
const details = await valueOf(ann.getDocumentDetails({ document }));
must(details[0]?.document.epubContent !== null, "the content comes as base64");
const content = await valueOf(ann.getContent({ document }));
must(content.size === bytes.length && content.type === "application/epub+zip", `the content is ${content.size} bytes of ${content.type}`);
const cover = await ann.getCover({ document });
must(cover.ok || cover.status === 404, "there is a cover, or none");

const { tag } = await valueOf(ann.createTag({ title: "to quote" }));
const { annotation } = await valueOf(
  ann.createAnnotation({ document, location: "epubcfi(/6/4!/4/2)", content: "waves", tags: [tag], color: null }),
);
const found = await valueOf(ann.search({ document, criteria: "quote" }));
must(found.annotations.length === 1 && found.annotations[0]?._id === annotation && found.annotations[0].color === null, "it is found");
await valueOf(ann.editSettings({ textSettings: settings, font: "Georgia", fontSize: 20, lineHeight: 30 }));
await valueOf(ann.openDocument({ document }));
await valueOf(ann.closeDocument({ document }));
const { sessions } = await valueOf(ann.listSessions());
must(sessions.length === 1 && new Date(sessions[0]!.startTime).getTime() > 0, "what was read is counted");

const made = "made up" as DocumentId;
const missing = await ann.renameDocument({ document: made, newName: "x" });
must(!missing.ok && missing.status === 403, "a document that is made up is nobody's");
const stopped = new AbortController();
stopped.abort();
const aborted = await ann.getTags({}, { signal: stopped.signal }).then(() => false, (e: Error) => e.name === "AbortError");
must(aborted, "a request can be given up");

must((await valueOf(ann.logOut())).message === "Logged out successfully", "logging out says so");
const over = await ann.getUserDetails();
must(!over.ok && over.status === 401, "the session is over");
const back = api.withSession((await valueOf(api.logIn(who))).session);
must((await valueOf(back.deleteAccount())).success, "the account goes");
const gone = await api.logIn(who);
must(!gone.ok && gone.refusal === "INVALID_CREDENTIALS", "and is gone");
