// One entry of the traffic: a handshake, a message, a close, and all else that happened.

/** One entry of the traffic. Its content is null where it has none: a handshake has no text. */
export class Entry {
  #findPrevious;

  constructor(result, payload, isTruncated, findPrevious) {
    this.#findPrevious = findPrevious;
    this.seq = result.seq;
    this.time = new Date(result.time);
    this.kind = result.kind;
    this.direction = result.direction ?? null;
    this.client = result.client ?? null;
    this.endpoint = result.endpoint ?? null;
    this.attempt = result.attempt ?? 1;
    this.size = result.size ?? null;
    this.details = result.details ?? {};
    const isText = hasText(result);
    this.text = isText && payload !== null ? payload.toString() : null;
    this.data = isText ? null : payload;
    this.isTruncated = isTruncated;
  }

  get json() {
    if (this.text === null) {
      throw new TypeError(`entry ${this.seq} is of the kind ${this.kind} and has no text`);
    }
    return JSON.parse(this.text);
  }

  get method() {
    return this.details.method ?? null;
  }

  get path() {
    return this.details.path ?? null;
  }

  get query() {
    return this.details.query ?? {};
  }

  get headers() {
    return this.details.headers ?? {};
  }

  get status() {
    return this.details.status ?? null;
  }

  get code() {
    return this.details.code ?? null;
  }

  get reason() {
    return this.details.reason ?? null;
  }

  /** Return the milliseconds since the entry before it of the same kind, of the same client. */
  async gap() {
    const previous = await this.#findPrevious(this);
    return previous === null ? null : this.time - previous.time;
  }
}

/** Return the bytes of a payload in a result; null: it has none. */
export function decoded(result) {
  const { payload } = result;
  if (payload === undefined || payload === null) return null;
  return Buffer.from(payload, hasText(result) ? "utf8" : "base64");
}

/** Whether the payload of a result is text: a message, or the body of an HTTP request or response. */
function hasText({ kind, details }) {
  const isHttp = ["request", "response", "event"].includes(kind);
  return kind === "text" || (isHttp && details?.binary !== true);
}
