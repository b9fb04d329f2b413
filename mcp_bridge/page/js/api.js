/** Calls the tools of the server over HTTP. */

import { readJson } from "./json.js";
import { showError } from "./toasts.js";

const NO_ANSWER = "The server does not answer. Is it still running?";

/** A call that did not work. The message is written for the reader. */
export class ApiError extends Error {
  /** @param {string} text @param {number} status of the answer; 0: there was none */
  constructor(text, status) {
    super(text);
    this.status = status;
  }
}

/**
 * Call a tool. A failure is shown as a toast and thrown.
 * @param {string} tool such as "get_websocket_traffic"
 * @param {object} [args] its arguments
 * @param {{quiet?: boolean, exact?: boolean, signal?: AbortSignal}} [options] quiet: the caller
 *   shows failures; exact: numbers of the result that JavaScript would change stay digits (`json.js`)
 * @returns {Promise<any>} the result of the tool
 * @throws {ApiError}
 */
export async function call(tool, args = {}, { quiet = false, exact = false, signal } = {}) {
  try {
    return await post(`/api/${tool}`, args, { exact, signal });
  } catch (error) {
    if (!quiet && error.name !== "AbortError") showError(error.message);
    throw error;
  }
}

async function post(path, body, { exact, signal }) {
  const request = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  };
  const response = await fetch(path, request).catch((error) => {
    throw error.name === "AbortError" ? error : new ApiError(NO_ANSWER, 0);
  });
  if (response.status === 401) location.assign("/login");
  const text = await response.text().catch(() => "");
  const answer = exact ? readJson(text)?.value : parse(text);
  if (!response.ok) {
    throw new ApiError(answer?.error ?? `The server answered ${response.status}.`, response.status);
  }
  return answer;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
