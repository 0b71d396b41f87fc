/* The names of charsets that mail uses, and which of them iconv may be asked for. */
#ifndef MIME_CHARSET_PRIV_H
#define MIME_CHARSET_PRIV_H

#include "base/str.h"

#define CHARSET_GUESS "" /* ASCII that lies: what an absent charset means */
#define CHARSET_UTF8 "UTF-8"
#define CHARSET_1252 "CP1252"

/* The name iconv knows it by, one of the three above, or NULL: unknown. */
const char *mime_charset_name(struct str charset);

#endif
