/* The bytes of WebSocket: the one frame that clients send, and a parser that keeps nothing. */

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_COPIES = 64, COPIES_BYTES = 1 << 18, FINAL = 0x80, COMPRESSED = 0x40, MASKED = 0x80 };
enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8 };

static const unsigned char MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

/* Code 1000, masked with MASK. */
const unsigned char CLOSE_FRAME[8] = {FINAL | CLOSE, MASKED | 2, 0x37,        0xfa,
                                      0x21,          0x3d,       0x03 ^ 0x37, 0xe8 ^ 0xfa};

/* Writes the lengths of a frame; returns how many bytes the header has before the mask. */
static size_t put_length(unsigned char* frame, size_t length) {
  if (length < 126) {
    frame[1] = MASKED | (unsigned char)length;
    return 2;
  }
  int bytes = length < 65536 ? 2 : 8;
  frame[1] = MASKED | (bytes == 2 ? 126 : 127);
  for (int i = 0; i < bytes; i++) frame[2 + i] = (unsigned char)(length >> (8 * (bytes - 1 - i)));
  return 2 + (size_t)bytes;
}

Frames make_frames(const unsigned char* payload, size_t length, bool compressed) {
  unsigned char* frame = allocate(length + 14, 1);
  frame[0] = FINAL | TEXT | (compressed ? COMPRESSED : 0);
  size_t header = put_length(frame, length);
  memcpy(frame + header, MASK, 4);
  header += 4;
  for (size_t i = 0; i < length; i++) frame[header + i] = payload[i] ^ MASK[i & 3];
  size_t whole = header + length;
  int copies = (int)(COPIES_BYTES / whole);
  copies = copies < 1 ? 1 : copies > MOST_COPIES ? MOST_COPIES : copies;
  unsigned char* bytes = allocate((size_t)copies, whole);
  for (int i = 0; i < copies; i++) memcpy(bytes + (size_t)i * whole, frame, whole);
  free(frame);
  return (Frames){bytes, whole, copies};
}

/* Key and answer are the example of RFC 6455. */
char* handshake_request(const Options* options) {
  const char* extension = options->deflate
                              ? "Sec-WebSocket-Extensions: permessage-deflate; "
                                "server_no_context_takeover; client_no_context_takeover\r\n"
                              : "";
  char* request = NULL;
  int length = asprintf(
      &request,
      "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s\r\n",
      options->path, options->port, extension, options->header ? options->header : "",
      options->header ? "\r\n" : "");
  if (length < 0) fail("out of memory");
  return request;
}

void check_handshake(const char* head, size_t length, bool deflate) {
  static const char accept[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
  if (strncmp(head, "HTTP/1.1 101", 12) != 0 || !memmem(head, length, accept, sizeof accept - 1))
    fail("the server refused the handshake: %.*s", (int)strcspn(head, "\r\n"), head);
  if (deflate && !strcasestr(head, "permessage-deflate")) fail("the server does not compress");
}

/* Returns how long the header is, as far as it is known. */
static int header_length(const Parser* parser) {
  if (parser->have < 2) return 2;
  int length = parser->header[1] & 127;
  return length == 126 ? 4 : length == 127 ? 10 : 2;
}

static void begin_payload(Parser* parser) {
  int length = header_length(parser);
  if (parser->header[1] & MASKED) fail("the server sent a masked frame");
  parser->left = parser->header[1] & 127;
  if (length > 2) {
    parser->left = 0;
    for (int i = 2; i < length; i++) parser->left = parser->left << 8 | parser->header[i];
  }
  parser->in_payload = true;
  parser->sampled = 0;
}

/* Takes bytes of the header; begins the payload when it is whole. Returns how many it took. */
static size_t take_header(Parser* parser, const unsigned char* data, size_t length) {
  size_t used = 0;
  while (parser->have < header_length(parser)) {
    if (used == length) return used;
    parser->header[parser->have++] = data[used++];
  }
  begin_payload(parser);
  return used;
}

/* Takes bytes of the payload, of which it keeps the first; returns how many. */
static size_t take_payload(Parser* parser, const unsigned char* data, size_t length) {
  size_t part = length < parser->left ? length : (size_t)parser->left;
  size_t room = SAMPLE - parser->sampled;
  size_t sample = part < room ? part : room;
  memcpy(parser->sample + parser->sampled, data, sample);
  parser->sampled += sample;
  parser->left -= part;
  return part;
}

/* Takes the end of a frame; returns whether it ends a message. */
static bool end_frame(Parser* parser) {
  int opcode = parser->header[0] & 15;
  bool is_final = parser->header[0] & FINAL;
  if (opcode == TEXT || opcode == BINARY) parser->is_compressed = parser->header[0] & COMPRESSED;
  parser->in_payload = false;
  parser->have = 0;
  if (opcode == CLOSE) parser->has_closed = true;
  return is_final && (opcode == CONTINUATION || opcode == TEXT || opcode == BINARY);
}

size_t parse(Parser* parser, const unsigned char* data, size_t length, bool* is_message) {
  size_t used = 0;
  *is_message = false;
  while (!parser->has_closed) {
    if (!parser->in_payload) used += take_header(parser, data + used, length - used);
    if (!parser->in_payload) break;
    used += take_payload(parser, data + used, length - used);
    if (parser->left) break;
    if (end_frame(parser)) {
      *is_message = true;
      break;
    }
  }
  return used;
}
