// What users write as plain objects: conditions. Keys as in docs/mocks.md.

/** Numbers are milliseconds; texts have a unit: "500ms", "2s", "1m". */
export type Duration = number | string;

/** A value that must be equal, a regular expression, or tests of it such as {at_least: 5}. */
export type Matcher = unknown;

/** Conditions on a message. All that are given must hold. Keys as in docs/mocks.md. */
export interface MessageConditions {
  text?: Matcher;
  /** The text, read as JSON: a value, or JSONPaths with a matcher each. */
  json?: Matcher;
  /** JSON that is a part of the text. */
  json_of?: Record<string, unknown>;
  /** The content of a binary message: bytes, or "hex:…". */
  binary?: Matcher;
  /** The named fields of a binary message. */
  fields?: Record<string, Matcher>;
  type?: "text" | "binary";
  /** The size in bytes. */
  size?: Matcher;
  /** The code of a close frame. */
  code?: Matcher;
  reason?: Matcher;
}

/** Conditions on a message, and when and how often the rule fires. */
export interface RuleConditions extends MessageConditions {
  name?: string;
  /** A further condition, as a template expression. */
  when?: string;
  /** The states of the connection in which it fires. */
  state?: string | string[];
  priority?: number;
  /** Fire at most this many times on each connection. */
  times?: number;
  /** Skip this many matches first. */
  after_times?: number;
  every_nth?: number;
}

/** Conditions on an opening handshake. All that are given must hold. */
export interface HandshakeConditions {
  path?: Matcher;
  query?: Record<string, Matcher>;
  headers?: Record<string, Matcher>;
  cookies?: Record<string, Matcher>;
  origin?: Matcher;
  subprotocols?: Matcher;
  remote_address?: Matcher;
  /** The number of this connection of the same client, from 1. */
  attempt?: Matcher;
  /** The host name that a TLS client wants (SNI). */
  server_name?: Matcher;
  /** The subject of the client's TLS certificate, such as CN=alice,O=Example. */
  client_certificate?: Matcher;
}

export type EntryKind =
  | "handshake"
  | "open"
  | "message"
  | "text"
  | "binary"
  | "ping"
  | "pong"
  | "close"
  | "http"
  | "request"
  | "response"
  | "event"
  | "error"
  | "rule"
  | "verdict"
  | "fault";

/** Conditions on an entry of the traffic. All that are given must hold. */
export interface EntryConditions extends MessageConditions {
  kind?: EntryKind;
  /** Without it, a condition on a message means one that the client sent. */
  direction?: "received" | "sent" | "any";
  endpoint?: string;
  client?: string;
  path?: Matcher;
  attempt?: Matcher;
  was_clean?: boolean;
  /** The side that closed the connection. */
  by?: "client" | "server";
  /** The method of an HTTP request, such as GET. */
  method?: Matcher;
  /** The HTTP status of the answer to a handshake or a request. */
  status?: Matcher;
  rule?: Matcher;
  fault?: Matcher;
  passed?: boolean;
  contract?: "accepts" | "sends";
}
