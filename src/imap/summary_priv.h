/* The table of parts (imap/summary_parts.c), for summary.c. */
#ifndef IMAP_SUMMARY_PRIV_H
#define IMAP_SUMMARY_PRIV_H

#include "imap/summary.h"

void summary_parts_build(const struct mime_part *root, struct buf *out);

#endif
