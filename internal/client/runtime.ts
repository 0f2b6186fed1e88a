// ---- Answers

/** The request succeeded; value is the answer. */
export interface Returned<Status extends number, Value> {
  readonly ok: true;
  readonly status: Status;
  readonly value: Value;
  /** The cursor of the next page if value is one page of a list; undefined on the last page. */
  readonly next?: string;
  /** The trace id of the request. "legible why" explains the answer from it. */
  readonly trace: string;
}

/**
 * The request failed. refusal is the code of the refusal, or null if the answer has none because
 * it comes from a sync or from the server itself. error is a sentence for people.
 */
export interface Refused<Status extends number, Code extends string | null, Body = unknown> {
  readonly ok: false;
  readonly status: Status;
  readonly refusal: Code;
  readonly error: string;
  /** The whole body of the answer. */
  readonly body: Body;
  readonly trace: string;
}

/** A refusal as an error. valueOf throws it. */
export class RefusedError extends Error {
  readonly answer: Refused<number, string | null>;
  constructor(answer: Refused<number, string | null>) {
    super(answer.error);
    this.name = "RefusedError";
    this.answer = answer;
  }
}

/** Returns the value of an answer. Throws a RefusedError for a refusal. */
export async function valueOf<A extends Returned<number, unknown> | Refused<number, string | null>>(
  answer: A | Promise<A>,
): Promise<Extract<A, { ok: true }>["value"]> {
  const a: Returned<number, unknown> | Refused<number, string | null> = await answer;
  if (!a.ok) throw new RefusedError(a);
  return a.value as Extract<A, { ok: true }>["value"];
}

// ---- Types of values

declare const identity: unique symbol;
/** An opaque text that identifies one member of one set of a concept. */
export type Identity<Of extends string> = string & { readonly [identity]: Of };
/** A time, such as "2030-01-31T12:00:00.000Z". */
export type Moment = string;
/** A date, such as "2030-01-31". */
export type Day = string;
/** Binary data in JSON. */
export type Base64 = string;
/** Binary data to send. A Blob, such as a File, has a media type. */
export type Upload = Blob | BufferSource;

/** Options of a client. */
export interface ClientOptions {
  /** Used in place of the global fetch. */
  readonly fetch?: typeof globalThis.fetch;
  /** Sent with every request. */
  readonly headers?: HeadersInit;
  /** Whether a browser sends its cookies to another origin: "include". */
  readonly credentials?: RequestCredentials;
}

/** Options of one request, as for fetch: signal cancels it. */
export type Init = Omit<RequestInit, "method" | "body">;

// ---- The client
  private async ask<Answer>(method: string, path: string, asked: Asked, init: Init): Promise<Answer> {
    const headers = new Headers(this.options.headers);
    new Headers(init.headers).forEach((text, name) => headers.set(name, text));
    // (credentials)
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

/** The content of a request and how its answer is read. */
interface Asked {
  readonly fields?: Record<string, unknown>;
  readonly query?: Record<string, unknown>;
  readonly as?: readonly string[];
  readonly files?: readonly string[];
  readonly loose?: readonly string[];
  readonly read?: "json" | "text" | "blob";
}

/** Returns the cursor in a Link to the next page: the last part of its query string. */
function nextOf(response: Response): string | undefined {
  const found = /[?&][^=&>]*=([^&>]*)>; *rel="next"/.exec(response.headers.get("Link") ?? "");
  return found?.[1] === undefined ? undefined : decodeURIComponent(found[1]);
}

/** Formats a value as one segment of a path. */
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
 * Returns the body of a request: JSON, or with binary data a form, which the server reads piece
 * by piece. Fields that a form cannot express require JSON, with the binary data as base64.
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
