// A client of Shelf, written by “legible client --lang ts”. It is not edited: it is
// written again when the program has changed.

// A shelf for everybody. It has two lines.

// ---- How a request ends

/** The program did what was asked, and value is its answer. */
export interface Returned<Status extends number, Value> {
  readonly ok: true;
  readonly status: Status;
  readonly value: Value;
  /** The cursor of the next page, where value is a list that goes on; undefined on the last page. */
  readonly next?: string;
  /** The name of what happened, for whoever asks why. */
  readonly trace: string;
}

/**
 * The program declined. refusal is the code of what it declined for, null where there is none:
 * the answer of a sync, or of the server itself. error is a sentence for people.
 */
export interface Refused<Status extends number, Code extends string | null, Body = unknown> {
  readonly ok: false;
  readonly status: Status;
  readonly refusal: Code;
  readonly error: string;
  /** All that was answered. */
  readonly body: Body;
  readonly trace: string;
}

/** What valueOf throws: a refusal as an error. */
export class RefusedError extends Error {
  readonly answer: Refused<number, string | null>;
  constructor(answer: Refused<number, string | null>) {
    super(answer.error);
    this.name = "RefusedError";
    this.answer = answer;
  }
}

/** The value of an answer; a refusal is thrown, as a RefusedError. */
export async function valueOf<A extends Returned<number, unknown> | Refused<number, string | null>>(
  answer: A | Promise<A>,
): Promise<Extract<A, { ok: true }>["value"]> {
  const a: Returned<number, unknown> | Refused<number, string | null> = await answer;
  if (!a.ok) throw new RefusedError(a);
  return a.value as Extract<A, { ok: true }>["value"];
}

// ---- What values are

declare const identity: unique symbol;
/** A text that names one thing of one concept, and is only ever compared. */
export type Identity<Of extends string> = string & { readonly [identity]: Of };
/** A moment, such as "2030-01-31T12:00:00.000Z". */
export type Moment = string;
/** A date, such as "2030-01-31". */
export type Day = string;
/** Binary data in JSON. */
export type Base64 = string;
/** Binary data to send. A Blob, such as a File, says its media type. */
export type Upload = Blob | BufferSource;

/** How to ask. */
export interface ClientOptions {
  /** In place of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request. */
  readonly headers?: HeadersInit;
  /** Whether a browser sends its cookies to another origin: "include". */
  readonly credentials?: RequestCredentials;
}

/** What else may be said of one request: signal ends it. */
export type Init = Omit<RequestInit, "method" | "body">;

// ---- Identities: one of a concept is not one of another

/** Which Book of Shelving. */
export type BookId = Identity<"Shelving.Book">;
/** Which User of Shelving. */
export type UserId = Identity<"Shelving.User">;

// ---- Shelving: let people keep their books where they find them again

export interface BooksInput {
  owner: UserId;
  limit?: number | null;
  cursor?: string | null;
}

export type BooksAnswer =
  | Returned<200, { book: BookId; title: string; due: Moment | null }[]>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

export interface TakeInput {
  book: BookId;
  key?: string | null;
}

/**
 * - 404 UNKNOWN_BOOK: There is no such book.
 */
export type TakeAnswer =
  | Returned<200, { title: string; shade: string | null }>
  | Refused<404, "UNKNOWN_BOOK">
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

// ---- books

export interface PutBookInput {
  title: string;
  scan?: Upload | null;
  tags?: readonly string[] | null;
}

/**
 * - 401: Please log in.
 * - 409 TITLE_TAKEN: You have a book called '{title}' already.
 * - 429 FULL: The shelf is full.
 */
export type PutBookAnswer =
  | Returned<201, { book: BookId; at: Moment; ok: true }>
  | Refused<409, "TITLE_TAKEN">
  | Refused<429, "FULL">
  | Refused<400 | 401 | 403 | 408 | 413 | 415 | 431 | 500 | 503, null>;

export interface ReadBookInput {
  book: BookId;
  most?: number | null;
}

export type ReadBookAnswer =
  | Returned<200, {
    title: string;
    shade: "LIGHT" | "DARK" | null;
    long: boolean;
    more: { pages: number; list: number[] };
  }>
  | Refused<400 | 413 | 500 | 503, null>;

export interface ScanInput {
  id: BookId;
}

export type ScanAnswer =
  | Returned<200, Blob>
  | Returned<204, null>
  | Refused<400 | 413 | 416 | 500 | 503, null>;

export interface DeleteBookInput {
  which: BookId;
  why?: string | null;
}

/**
 * - 401: Please log in.
 * - 404 UNKNOWN_BOOK: There is no such book.
 */
export type DeleteBookAnswer =
  | Returned<number, { title: string }>
  | Refused<number, null, { title: string }>
  | Refused<404, "UNKNOWN_BOOK">
  | Refused<400 | 401 | 403 | 413 | 500 | 503, null>;

// ---- either

export interface EitherBookInput {
  kind: "book" | "note";
  name?: unknown;
  text?: unknown;
}

export type EitherBookAnswer =
  | Returned<200, { book: unknown }>
  | Returned<200, { note: unknown }>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

// ---- orders

export interface OrderInput {
  order: { "content-type": unknown; address: { city: unknown; zip?: unknown | null }; gift?: { note?: unknown | null } | null; kind: "book"; lines: readonly ({ sku: string; quantity?: number | null })[]; title: UserId };
  limit?: number | null;
}

/**
 * - 409 TITLE_TAKEN: You have a book called '{title}' already.
 * - 429 FULL: The shelf is full.
 */
export type OrderAnswer =
  | Returned<200, {
    city: unknown;
    zip: unknown;
    lines: { sku: string; quantity: number | null }[];
    note: unknown;
    media: unknown;
    limit: number | null;
    status: string;
  }>
  | Refused<409, "TITLE_TAKEN">
  | Refused<429, "FULL">
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

export interface RenameInput {
  order: { label?: unknown | null };
}

export type RenameAnswer =
  | Returned<200, { label: unknown }>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

// ---- ping

export type PingDeleteAnswer =
  | Returned<200, string>
  | Refused<400 | 500 | 503, null>;

export type PingGetAnswer =
  | Returned<200, string>
  | Refused<400 | 500 | 503, null>;

export type PingPatchAnswer =
  | Returned<200, string>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

export type PingPostAnswer =
  | Returned<200, string>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

export type PingPutAnswer =
  | Returned<200, string>
  | Refused<400 | 403 | 408 | 413 | 415 | 500 | 503, null>;

// ---- tickets

/**
 * - 403: No.
 */
export type TicketsAnswer =
  | Returned<200, { books: string[]; newest: string | null }>
  | Refused<400 | 401 | 403 | 408 | 413 | 415 | 500 | 503, null>;

// ---- The client

/**
 * Asks Shelf. Every method gives an answer; look at its `ok` first, or use valueOf.
 * A request that got no answer at all rejects, as fetch does.
 */
export class Shelf {
  private readonly base: string;
  private readonly options: ClientOptions;
  private readonly known: Readonly<Record<string, string>>;

  /**
   * base is where the routes stand: "https://example.org/api", or "/api" in a page of the same
   * origin.
   */
  constructor(base: string, options: ClientOptions = {}, known: Readonly<Record<string, string>> = {}) {
    this.base = base.replace(/\/+$/, "");
    this.options = options;
    this.known = known;
  }

  /**
   * A client that asks with this session, or with none; this one stays as it is.
   */
  withSession(theSession: string | undefined): Shelf {
    const known = { ...this.known };
    delete known["session"];
    if (theSession !== undefined) known["session"] = theSession;
    return new Shelf(this.base, this.options, known);
  }

  /**
   * A client that asks with this ticket, or with none; this one stays as it is.
   */
  withTicket(theTicket: string | undefined): Shelf {
    const known = { ...this.known };
    delete known["ticket"];
    if (theTicket !== undefined) known["ticket"] = theTicket;
    return new Shelf(this.base, this.options, known);
  }

  /**
   * Books.
   *
   * for the page that people see first
   *
   * POST /Shelving/_books (shelf.app:11:1)
   */
  books(input: BooksInput, init: Init = {}): Promise<BooksAnswer> {
    return this.ask<BooksAnswer>("POST", "/Shelving/_books", { fields: { ...input } }, init);
  }

  /**
   * Take.
   *
   * whoever holds the key
   *
   * Shelving.take removes book
   *
   * POST /Shelving/take (shelf.app:10:1)
   */
  take(input: TakeInput, init: Init = {}): Promise<TakeAnswer> {
    return this.ask<TakeAnswer>("POST", "/Shelving/take", { fields: { ...input } }, init);
  }

  /**
   * Put book.
   *
   * A new book, with its picture if there is one.
   *
   * - Shelving.put adds a book
   *
   * PUT /books (shelf.sync:2:1)
   */
  putBook(input: PutBookInput, init: Init = {}): Promise<PutBookAnswer> {
    return this.ask<PutBookAnswer>("PUT", "/books", { fields: { ...input }, as: ["session"], files: ["scan"] }, init);
  }

  /**
   * Read book.
   *
   * GET /books/{book} (shelf.sync:12:1)
   */
  readBook(input: ReadBookInput, init: Init = {}): Promise<ReadBookAnswer> {
    return this.ask<ReadBookAnswer>("GET", `/books/${segment(input.book)}`, { query: { most: input.most }, as: ["session"] }, init);
  }

  /**
   * Scan.
   *
   * GET /books/{id}/scan (shelf.sync:23:1)
   */
  scan(input: ScanInput, init: Init = {}): Promise<ScanAnswer> {
    return this.ask<ScanAnswer>("GET", `/books/${segment(input.id)}/scan`, { read: "blob" }, init);
  }

  /**
   * Delete book.
   *
   * - Shelving.take removes book
   *
   * DELETE /books/{which} (shelf.sync:32:1)
   */
  deleteBook(input: DeleteBookInput, init: Init = {}): Promise<DeleteBookAnswer> {
    return this.ask<DeleteBookAnswer>("DELETE", `/books/${segment(input.which)}`, { query: { why: input.why }, as: ["session"] }, init);
  }

  /**
   * Either book.
   *
   * POST /either (shelf.sync:50:1)
   */
  eitherBook(input: EitherBookInput, init: Init = {}): Promise<EitherBookAnswer> {
    return this.ask<EitherBookAnswer>("POST", "/either", { fields: { ...input } }, init);
  }

  /**
   * Order.
   *
   * An order is one record with a list of lines.
   *
   * - Shelving.put adds a book
   *
   * POST /orders (shelf.sync:78:1)
   */
  order(input: OrderInput, init: Init = {}): Promise<OrderAnswer> {
    return this.ask<OrderAnswer>("POST", "/orders", { fields: { ...input } }, init);
  }

  /**
   * Rename.
   *
   * PUT /orders (shelf.sync:85:1)
   */
  rename(input: RenameInput, init: Init = {}): Promise<RenameAnswer> {
    return this.ask<RenameAnswer>("PUT", "/orders", { fields: { ...input } }, init);
  }

  /**
   * Ping.
   *
   * DELETE /ping (shelf.sync:44:1)
   */
  pingDelete(init: Init = {}): Promise<PingDeleteAnswer> {
    return this.ask<PingDeleteAnswer>("DELETE", "/ping", { read: "text" }, init);
  }

  /**
   * Ping.
   *
   * GET /ping (shelf.sync:44:1)
   */
  pingGet(init: Init = {}): Promise<PingGetAnswer> {
    return this.ask<PingGetAnswer>("GET", "/ping", { read: "text" }, init);
  }

  /**
   * Ping.
   *
   * PATCH /ping (shelf.sync:44:1)
   */
  pingPatch(init: Init = {}): Promise<PingPatchAnswer> {
    return this.ask<PingPatchAnswer>("PATCH", "/ping", { fields: {}, read: "text" }, init);
  }

  /**
   * Ping.
   *
   * POST /ping (shelf.sync:44:1)
   */
  pingPost(init: Init = {}): Promise<PingPostAnswer> {
    return this.ask<PingPostAnswer>("POST", "/ping", { fields: {}, read: "text" }, init);
  }

  /**
   * Ping.
   *
   * PUT /ping (shelf.sync:44:1)
   */
  pingPut(init: Init = {}): Promise<PingPutAnswer> {
    return this.ask<PingPutAnswer>("PUT", "/ping", { fields: {}, read: "text" }, init);
  }

  /**
   * Tickets.
   *
   * POST /tickets (shelf.sync:62:1)
   */
  tickets(init: Init = {}): Promise<TicketsAnswer> {
    return this.ask<TicketsAnswer>("POST", "/tickets", { fields: {}, as: ["ticket"] }, init);
  }

  private async ask<Answer>(method: string, path: string, asked: Asked, init: Init): Promise<Answer> {
    const headers = new Headers(this.options.headers);
    new Headers(init.headers).forEach((text, name) => headers.set(name, text));
    const theSession = asked.as?.includes("session") ? this.known["session"] : undefined;
    if (theSession !== undefined) headers.set("Authorization", "Bearer " + theSession);
    const theTicket = asked.as?.includes("ticket") ? this.known["ticket"] : undefined;
    if (theTicket !== undefined) asked = { ...asked, fields: { ...asked.fields, ticket: theTicket } };
    const request: RequestInit = { ...init, method, headers };
    if (this.options.credentials !== undefined && init.credentials === undefined) {
      request.credentials = this.options.credentials;
    }
    if (asked.fields !== undefined) {
      const body = await bodyOf(asked.fields, asked.files ?? [], asked.loose ?? []);
      if (typeof body === "string") headers.set("Content-Type", "application/json");
      request.body = body;
    }
    const go = this.options.fetch ?? globalThis.fetch;
    const response = await go(this.base + path + queryOf(asked.query ?? {}), request);
    const trace = response.headers.get("X-Trace-Id") ?? "";
    const { ok, status } = response;
    if (ok) {
      const answer = { ok, status, value: await read(response, asked.read ?? "json"), trace };
      const next = nextOf(response);
      return (next === undefined ? answer : { ...answer, next }) as Answer;
    }
    const body = await read(response, "json");
    const said = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
    return {
      ok,
      status,
      refusal: typeof said["refusal"] === "string" ? said["refusal"] : null,
      error: typeof said["error"] === "string" ? said["error"] : `The server answered ${status}.`,
      body,
      trace,
    } as Answer;
  }
}

/** What a request carries and how its answer is read. */
interface Asked {
  readonly fields?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly as?: readonly string[];
  readonly files?: readonly string[];
  readonly loose?: readonly string[];
  readonly read?: "json" | "text" | "blob";
}

/** The cursor in a Link to the next page: the last part of its query string. */
function nextOf(response: Response): string | undefined {
  const found = /[?&][^=&>]*=([^&>]*)>; *rel="next"/.exec(response.headers.get("Link") ?? "");
  return found?.[1] === undefined ? undefined : decodeURIComponent(found[1]);
}

/** A value as one segment of a path. */
function segment(v: string | number | boolean | Date): string {
  return encodeURIComponent(textOf(v));
}

function textOf(v: unknown): string {
  return v instanceof Date ? v.toISOString() : String(v);
}

function queryOf(fields: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, v] of Object.entries(fields)) {
    if (v === undefined || v === null) continue;
    for (const item of Array.isArray(v) ? v : [v]) query.append(name, textOf(item));
  }
  const text = query.toString();
  return text === "" ? "" : "?" + text;
}

/**
 * The body of a request: JSON, or with binary data a form, which the server takes in piece by
 * piece. What a form cannot say sends it back to JSON, with the binary data as base64.
 */
async function bodyOf(
  fields: Record<string, unknown>,
  files: readonly string[],
  loose: readonly string[],
): Promise<string | FormData> {
  const there = Object.entries(fields).filter(([, v]) => v !== undefined && v !== null);
  const isFile = ([name]: [string, unknown]) => files.includes(name);
  if (!there.some(isFile)) return JSON.stringify(Object.fromEntries(there));
  const fits = ([name, v]: [string, unknown]) =>
    loose.includes(name) ? typeof v === "string" : typeof v !== "object" || v instanceof Date || (Array.isArray(v) && v.length > 0);
  if (there.every((field) => isFile(field) || fits(field))) {
    const form = new FormData();
    for (const [name, v] of there) {
      for (const item of Array.isArray(v) ? v : [v]) {
        if (files.includes(name)) form.append(name, blobOf(item as Upload), "file");
        else form.append(name, textOf(item));
      }
    }
    return form;
  }
  const whole: Record<string, unknown> = {};
  for (const [name, v] of there) {
    if (!files.includes(name)) whole[name] = v;
    else if (Array.isArray(v)) whole[name] = await Promise.all(v.map((item) => dataURL(item as Upload)));
    else whole[name] = await dataURL(v as Upload);
  }
  return JSON.stringify(whole);
}

function blobOf(v: Upload): Blob {
  return v instanceof Blob ? v : new Blob([v]);
}

async function dataURL(v: Upload): Promise<string> {
  const blob = blobOf(v);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return `data:${blob.type || "application/octet-stream"};base64,${btoa(text)}`;
}

async function read(response: Response, as: "json" | "text" | "blob"): Promise<unknown> {
  if (response.status === 204) return null;
  const isJSON = /^application\/([^;]*\+)?json\b/i.test(response.headers.get("Content-Type") ?? "");
  if (as === "blob") return response.blob();
  const text = await response.text();
  if (as === "text" || !isJSON) return text;
  return JSON.parse(text) as unknown;
}
