/**
 * @file
 * What happens when the program is about to corrupt its memory.
 */
#ifndef NANVM_MEM_FATAL_H
#define NANVM_MEM_FATAL_H

#include <nanvm/mem/config.h>

/**
 * @defgroup fatal Fatal errors
 * @brief The handler for misuse that would corrupt memory.
 *
 * Guide: @ref out_of_memory, @ref debugging.
 * @{
 */

/**
 * A handler gets one line of text that names the mistake, without a line break. It may
 * leave by `longjmp` to report the mistake and end the program, but not to go on using
 * references: later drops of that thread may stay queued for ever.
 */
typedef void nanvm_fatal_handler(const char *message);

NANVM_BEGIN_DECLS

/**
 * Replaces the handler for fatal errors. The default writes
 * `nanvm_mem: <message>` to `stderr` and calls `abort`. A handler that
 * returns is followed by `abort`. Each copy of the library in a process has a handler of
 * its own: see @ref building_static.
 *
 * @param handler the new handler; `NULL` for the default.
 * @return the previous one; `NULL` for the default.
 * @ownership none changes hands.
 * @errors none.
 * @threads any thread; the handler is called in the thread that errs.
 * @cost O(1).
 */
NANVM_API nanvm_fatal_handler *nanvm_fatal_set_handler(nanvm_fatal_handler *handler);

NANVM_END_DECLS

/** @} */

#endif
