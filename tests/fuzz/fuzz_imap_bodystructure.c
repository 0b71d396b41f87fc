/* Any bytes are a message whose ENVELOPE, BODY and BODYSTRUCTURE a strict reader takes, in both
 * modes, and whose summary and table of parts agree with its tree. */
#include "fuzz.h"

#include "lib/imap_structure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    imap_structure_check(str_n(data, n));
    return 0;
}
