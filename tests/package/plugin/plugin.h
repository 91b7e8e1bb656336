/* What the plugin of this test offers, under the names of its functions. */
#ifndef PLUGIN_H
#define PLUGIN_H

#include <stddef.h>

/* Creates and drops objects of every kind; returns how many ended as they should. The
 * thread then has a manager of its own, by nanvm_thread_manager(). */
typedef size_t plugin_run(void);

/* What plugin_run() is to return. */
enum { PLUGIN_ENDED = 3 * 1000 };

/* An object that any thread may drop, and its end: returns how often a callback ran. */
typedef const void *plugin_make(void);
typedef size_t plugin_end(const void *object);

#endif
