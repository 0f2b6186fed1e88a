// What callers do with the client of openapi/testdata/forms.txtar. The compiler
// must take it, and must not take what is marked.
import { type BookId, RefusedError, Shelf, valueOf } from "./forms";

export async function uses(): Promise<string> {
  const shelf = new Shelf("http://localhost").withSession("token").withTicket("another");
  const made = await shelf.putBook({ title: "Emma", scan: new Uint8Array([1, 2]), tags: ["old", "good"] });
  if (!made.ok) {
    switch (made.refusal) {
      case "TITLE_TAKEN":
        return `${made.status satisfies 409}`;
      case "FULL":
        return `${made.status satisfies 507}`;
      case null:
        return made.error;
      // @ts-expect-error there is no such refusal
      case "UNKNOWN_BOOK":
        return "";
    }
  }
  const book: BookId = made.value.book;
  const yes: true = made.value.ok;
  // @ts-expect-error a title is no book
  await shelf.readBook({ book: "Emma" });
  // @ts-expect-error the title must be there
  await shelf.putBook({});
  // @ts-expect-error a kind is book or note
  await shelf.eitherBook({ kind: "film" });
  // @ts-expect-error the value is there only when it is known that there is one
  (await shelf.readBook({ book })).value;
  const read = await valueOf(shelf.readBook({ book, most: 3 }));
  const shade: "LIGHT" | "DARK" | null = read.shade;
  const pages: number[] = read.more.list;
  const scan = await shelf.scan({ id: book }, { signal: new AbortController().signal });
  const bytes: Blob | null = scan.ok ? scan.value : null;
  const pong: string = await valueOf(shelf.pingGet());
  const newest: string | null = await shelf.tickets().then((a) => (a.ok ? a.value.newest : null));
  // @ts-expect-error who is asking is no input
  await shelf.tickets({ ticket: "x" });
  try {
    await valueOf(shelf.take({ book, key: "secret" }));
  } catch (e) {
    if (e instanceof RefusedError && e.answer.refusal === "UNKNOWN_BOOK") return e.message;
  }
  return [yes, shade, pages, bytes, pong, newest].join();
}
