/*
 * auth/resolve.c - names as people and mail write them, to accounts.
 *
 * Tried in this order: the whole; without a domain of ours; without "+detail"; without both.
 */
#include "auth/auth_priv.h"

static bool is_ours(const struct auth_options *o, struct str domain)
{
    struct str rest = o->domains;

    if (domain.n == 0 || o->any_domain)
        return domain.n > 0;
    while (rest.n > 0) {
        size_t n = str_find(rest, ' ');
        if (n > 0 && str_eq_nocase(str_sub(rest, 0, n), domain))
            return true;
        rest = str_from(rest, n + 1);
    }
    return false;
}

/* Position of the last "@", or n. */
static size_t at_sign(struct str s)
{
    size_t i = s.n;

    while (i > 0 && s.p[i - 1] != '@')
        i--;
    return i > 0 ? i - 1 : s.n;
}

static enum err find(struct directory *d, struct arena *ar, struct str name,
                     struct account_record *out)
{
    enum err e = directory_find(d, ar, name, out);

    return e == ERR_BAD_NAME ? ERR_NO_ACCOUNT : e;
}

static enum err find_either(const struct auth_options *o, struct directory *d, struct arena *ar,
                            struct str local, struct str domain, struct account_record *out)
{
    enum err e = ERR_NO_ACCOUNT;

    if (domain.p != NULL) {
        e = find(d, ar, arena_printf(ar, "%.*s@%.*s", STR_FMT(local), STR_FMT(domain)), out);
        if (e != ERR_NO_ACCOUNT || !is_ours(o, domain))
            return e;
    }
    return find(d, ar, local, out);
}

enum err auth_resolve(const struct auth_options *o, struct directory *d, struct arena *ar,
                      struct str address, struct account_record *out, struct str *detail_out)
{
    size_t at = at_sign(address);
    struct str local = str_sub(address, 0, at);
    struct str domain = at < address.n ? str_from(address, at + 1) : STR_NONE;
    size_t plus = str_find(local, '+');

    if (detail_out != NULL)
        *detail_out = STR_NONE;
    if (address.n > ACCOUNT_NAME_MAX || str_has_char(address, '\0'))
        return ERR_NO_ACCOUNT;
    enum err e = find_either(o, d, ar, local, domain, out);
    if (e != ERR_NO_ACCOUNT || detail_out == NULL || plus == local.n)
        return e;
    TRY(find_either(o, d, ar, str_sub(local, 0, plus), domain, out));
    *detail_out = str_from(local, plus + 1);
    return ERR_OK;
}
