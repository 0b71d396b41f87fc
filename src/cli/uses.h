/* Special uses as words of the command line and of an export's index: "drafts", "sent". */
#ifndef CLI_USES_H
#define CLI_USES_H

#include "base/buf.h"

uint32_t use_of_word(struct str word);         /* enum special_use; 0: none of that name */
void uses_put(struct buf *out, uint32_t uses); /* "drafts sent" */
uint32_t uses_of_words(struct str words);      /* unknown words are left out */

#endif
