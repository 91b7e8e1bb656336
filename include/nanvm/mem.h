/**
 * @file
 * nanvm_mem: memory management for language runtimes, interpreters and
 * persistent data structures. This header includes all the others.
 *
 * A *manager* provides memory, and an *object* is a value that lives there. An object's
 * *type* is a table, ::nanvm_type: it says how large the object is and where it holds
 * references. A *block* is a header of 8 bytes (16 in a hardened build), followed by an
 * object.
 *
 * A `MutRef` is the only reference to its object: it reads and writes, can't be
 * cloned, and turns into a `Ref` at no cost. A `Ref` is shared, immutable and
 * counted: while it is the only one it turns back into a `MutRef` at no cost,
 * and else the object is cloned first.
 *
 * An object that is being written has one owner, and nothing that is written into it may
 * refer to it. So references never form a cycle, and counting them is enough to free
 * every object.
 *
 * @code{.c}
 * struct point { double x, y; };
 * NANVM_TYPE(point_type, struct point);
 * NANVM_TYPED(point, struct point, point_type);
 *
 * point_mut_ref p = point_new(nanvm_global());       // null if out of memory
 * point_mut_ref_get(p)->x = 1;
 * point_ref a = point_mut_ref_to_ref(p);             // no cost
 * point_ref b = point_ref_clone(a);                  // counts up
 * p = point_ref_to_mut_ref(&b, nanvm_global());      // shared: clones
 * point_mut_ref_drop(p);
 * p = point_ref_to_mut_ref(&a, nanvm_global());      // sole owner: in place
 * point_mut_ref_drop(p);
 * @endcode
 */
#ifndef NANVM_MEM_H
#define NANVM_MEM_H

#include <nanvm/mem/arena.h>
#include <nanvm/mem/block.h>
#include <nanvm/mem/cell.h>
#include <nanvm/mem/config.h>
#include <nanvm/mem/dealloc.h>
#include <nanvm/mem/fatal.h>
#include <nanvm/mem/global.h>
#include <nanvm/mem/layout.h>
#include <nanvm/mem/local.h>
#include <nanvm/mem/manager.h>
#include <nanvm/mem/mut_ref.h>
#include <nanvm/mem/object.h>
#include <nanvm/mem/ref.h>
#include <nanvm/mem/scoped.h>
#include <nanvm/mem/stats.h>
#include <nanvm/mem/thread.h>
#include <nanvm/mem/type.h>
#include <nanvm/mem/typed.h>

#endif
