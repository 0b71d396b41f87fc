/* A message is understood while it streams in: bytes in any pieces, one tree at the end, the same for every way of
 * cutting.  Lines may end in CRLF, LF or CR LF mixed; offsets count the bytes as given.  Linear time, memory bounded
 * by the headers, never by the bodies. */
#ifndef MIME_PARSER_H
#define MIME_PARSER_H

#include "mime/part.h"

struct mime_parser;

/* The tree and its strings will live in `a`. */
struct mime_parser *mime_parser_new(struct arena *a);
void mime_parser_feed(struct mime_parser *p, struct str bytes);
/* Never fails: any bytes are some message.  The parser itself may be freed afterwards. */
struct mime_part *mime_parser_finish(struct mime_parser *p);
void mime_parser_free(struct mime_parser *p);

/* All at once. */
struct mime_part *mime_parse(struct arena *a, struct str message);

#endif
