/* The Content-* fields of one part; values as they stand in the header. */
#ifndef MIME_CONTENT_PRIV_H
#define MIME_CONTENT_PRIV_H

#include "mime/part.h"

/* Parameters from `tail` on, which begins behind the type or disposition: ";a=b;c=d" (RFC 2045 5.1,
 * RFC 2231). *boundary_out (unless NULL): the value of "boundary" byte for byte, or absent. */
struct mime_param *mime_params_parse(struct arena *a, struct str tail, struct str *boundary_out);

/* What a part without Content-Type is: text/plain, in a digest message/rfc822 (RFC 2046 5.1.5). */
void mime_content_default(struct arena *a, struct mime_part *p, bool in_digest);

void mime_content_type(struct arena *a, struct mime_part *p, struct str value,
                       struct str *boundary_out);
void mime_content_encoding(struct arena *a, struct mime_part *p, struct str value);
void mime_content_disposition(struct arena *a, struct mime_part *p, struct str value);
void mime_content_language(struct arena *a, struct mime_part *p, struct str value);
void mime_content_location(struct arena *a, struct mime_part *p, struct str value);

#endif
