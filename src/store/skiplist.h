/* An ordered map of bytes to bytes, for the memory engine.  Keys and values are copied.  Thread:
 * the caller's lock. */
#ifndef STORE_SKIPLIST_H
#define STORE_SKIPLIST_H

#include "base/str.h"

struct skiplist;
struct skipnode;

struct skiplist *skiplist_new(void);
void skiplist_free(struct skiplist *l);
struct skiplist *skiplist_copy(const struct skiplist *l);
size_t skiplist_count(const struct skiplist *l);

void skiplist_put(struct skiplist *l, struct str key, struct str value);
bool skiplist_remove(struct skiplist *l, struct str key);
/* The first at or behind `key`, NULL when there is none; the next one. */
const struct skipnode *skiplist_seek(const struct skiplist *l, struct str key);
const struct skipnode *skipnode_next(const struct skipnode *n);
struct str skipnode_key(const struct skipnode *n);
struct str skipnode_value(const struct skipnode *n);

#endif
