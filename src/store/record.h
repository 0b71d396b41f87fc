/* Pack records: a header that says everything about the bytes behind it, so that mail survives the
 * loss of the map. doc/store-format.md gives the bytes. */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "base/err.h"
#include "store/store.h"

enum {
    RECORD_HEADER = 72,
    RECORD_ALIGN = 64, /* records begin at multiples of it */
    RECORD_FORMAT = 1,
    PACK_HEADER = 64, /* at the start of a pack */
    PACK_FORMAT = 1,
};

enum record_kind {
    RECORD_BODY = 1,  /* a blob */
    RECORD_GROUP = 2, /* batches made durable together: the journal */
};

struct record {
    enum record_kind kind;
    uint64_t segment; /* the random id of the pack (or of the blob's own file) it was written for */
    uint64_t offset;  /* where in it the header stands */
    uint64_t length;  /* of the bytes behind the header */
    struct store_blob_info info; /* RECORD_GROUP: object is the LSN, date the wall clock */
    uint64_t sum;                /* of those bytes */
};

static inline uint64_t record_space(uint64_t length)
{
    return (RECORD_HEADER + length + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
}

void record_format(const struct record *r, char out[static RECORD_HEADER]);
/* ERR_NOT_FOUND: no record begins here.  ERR_VERSION: one of a newer Tern. */
enum err record_parse(const char in[static RECORD_HEADER], struct record *out);

struct pack_header {
    uint64_t segment;
    uint64_t store[2];
    uint32_t no;
};
void pack_header_format(const struct pack_header *h, char out[static PACK_HEADER]);
enum err pack_header_parse(const char in[static PACK_HEADER], struct pack_header *out);

/* Walks the records of an open file from *offset on.  Where no valid header of `segment` (0: of
 * any) stands it looks at each aligned place, so a hole or a torn record hides nothing behind it.
 * ERR_NOT_FOUND: no more.  ERR_VERSION: one of a newer Tern.  On both that and ERR_OK `offset` is
 * behind the record. */
struct record_walk {
    int fd;
    const char *name;
    uint64_t segment;
    uint64_t offset;
    char *window; /* RECORD_WINDOW bytes, the caller's */
    uint64_t window_at;
    size_t window_n;
};
enum { RECORD_WINDOW = 256 * 1024 };
enum err record_next(struct record_walk *w, struct record *out);
/* Does the body behind `r`'s header have its checksum?  ERR_CORRUPT: no. */
enum err record_verify(int fd, const char *name, const struct record *r);

#endif
