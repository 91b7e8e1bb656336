/**
 * @file
 * Shared, immutable, counted references.
 */
#ifndef NANVM_MEM_REF_H
#define NANVM_MEM_REF_H

#include <nanvm/mem/mut_ref.h>

/**
 * @defgroup ref Ref
 * @brief A shared, immutable reference, counted.
 *
 * One pointer, to the object itself. The count is of the *other* references:
 * 0 means sole owner, and then the `Ref` turns back into a `MutRef` at no
 * cost; otherwise the object is cloned first. So a value is immutable to
 * all who share it, and updated in place by whoever owns it alone.
 *
 * An object that was dropped is dead. A function here that reads the count of a dead
 * object stops the program, unless the memory was freed or reused; each such function
 * says so. In a hardened build more functions check this, and they also stop the program
 * if what is in front of the object isn't as the library wrote it.
 *
 * Guide: @ref references, @ref threads.
 * @{
 */

NANVM_BEGIN_DECLS

/**
 * The null handle: it refers to no object. As an initialiser outside of functions write
 * #NANVM_NULL_HANDLE.
 *
 * @ownership by value; there is nothing to drop.
 * @errors none.
 * @threads any thread.
 * @cost none.
 */
NANVM_INLINE nanvm_ref nanvm_ref_null(void);

/**
 * Whether `self` is the null handle.
 *
 * @ownership `self` stays the caller's.
 * @errors none.
 * @threads any thread that has `self`.
 * @cost none: a comparison.
 */
NANVM_INLINE bool nanvm_ref_is_null(nanvm_ref self);

/**
 * The object, to be read. `NULL` for a null handle.
 *
 * @ownership borrowed from `self`: valid until `self` is consumed.
 * @errors none.
 * @threads any thread that has `self`, or borrows it as @ref threads_read says.
 * @cost none.
 */
NANVM_INLINE const void *nanvm_ref_get(nanvm_ref self);

/**
 * The number of items of an array; 0 for another object and for a null handle.
 *
 * @ownership `self` stays the caller's.
 * @errors none; a hardened build stops the program if the object is dead, or if the
 *     length was overwritten, which the usual build @ref hardening_usual "doesn't check"
 *     here.
 * @threads any thread that has `self`, or borrows it as @ref threads_read says.
 * @cost O(1): four loads for an array, three for another object.
 */
NANVM_INLINE size_t nanvm_ref_length(nanvm_ref self);

/**
 * One more reference to the same object. A null handle gives a null handle.
 *
 * From then on the object may not be written through `self`, see nanvm_ref_make_mut().
 * The new reference must not be stored in the object itself.
 *
 * @ownership `self` stays the caller's; the result is the caller's too.
 * @errors stops the program if the object was dropped and its memory is still there. A
 *     count that passes its limit doesn't change any more, and the object lives for
 *     ever.
 * @threads any thread that has `self`.
 * @cost plain count: load, test, store. Atomic: load, test and one atomic add.
 *     Inlined: about 7 instructions on x86-64, 65 bytes.
 */
NANVM_INLINE NANVM_NODISCARD nanvm_ref nanvm_ref_clone(nanvm_ref self);

/**
 * Counts one more reference for each of `length` references. Call it when you copy their
 * bytes, for example into new items of an array. It does the same as nanvm_ref_clone() of
 * each, without the tests for null.
 *
 * @pre none of the references is null.
 * @param refs the references. They may lie in the copy already.
 * @param length how many.
 * @ownership the copies of the references are the caller's; `refs` stay as they are.
 * @errors as nanvm_ref_clone().
 * @threads as nanvm_ref_clone().
 * @cost O(length).
 */
NANVM_INLINE void nanvm_refs_clone(const nanvm_ref *refs, size_t length);

/**
 * Drops one reference. The last drop ends the object, and what only it refers to, as
 * nanvm_mut_ref_drop() does. A null handle is left alone.
 *
 * @ownership consumes `self`.
 * @errors stops the program if the object was dropped already and its memory is still
 *     there.
 * @threads any thread that has `self`.
 * @cost plain count: load, test, store. The last reference: O(objects that die +
 *     references in them), stack O(1). Inlined: about 7 instructions on x86-64, 25 bytes.
 */
NANVM_INLINE void nanvm_ref_drop(nanvm_ref self);

/**
 * How many *other* references to the object there are: 0 is a sole owner.
 * `SIZE_MAX` if they aren't counted, or if the count has passed its limit. 0 for a null
 * handle.
 *
 * @ownership `self` stays the caller's.
 * @errors stops the program if the object is dead.
 * @threads any thread that has `self`. Another thread may change the count at once; to
 *     act on the count, use nanvm_ref_try_to_mut_ref().
 * @cost O(1).
 */
NANVM_INLINE size_t nanvm_ref_count(nanvm_ref self);

/**
 * Whether `self` is the only reference to its object, so that the object may be written
 * after nanvm_ref_try_to_mut_ref() or nanvm_ref_make_mut() without a clone. False for a
 * null handle, and where references aren't counted.
 *
 * @ownership `self` stays the caller's.
 * @errors stops the program if the object is dead.
 * @threads any thread that has `self`. If the result is true, everything that other
 *     threads did with the object happened before, and the result stays true until this
 *     thread clones `self`. If it is false, another thread may change that at once.
 * @cost plain count: one load and test. Inlined: about 6 instructions on x86-64, 35
 *     bytes.
 */
NANVM_INLINE bool nanvm_ref_is_sole(nanvm_ref self);

/**
 * Turns a sole owner back into a `MutRef`.
 *
 * @param[in,out] self  null afterwards if it was the sole owner, else untouched.
 * @param[out]    out   the `MutRef`, or the null handle.
 * @return whether `*self` was the sole owner. False for a null handle.
 * @ownership on success the reference moves from `*self` to `*out`; what was
 *     in `*out` is overwritten.
 * @errors stops the program if the object is dead.
 * @threads any thread that has `self`. On success everything that other threads
 *     did with the object happened before.
 * @cost plain count: one load and test. Inlined: about 7 instructions on x86-64,
 *     65 bytes.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) bool nanvm_ref_try_to_mut_ref(
    nanvm_ref *self, nanvm_mut_ref *out);

/**
 * A new object with the same content: the bytes are copied, the type's `clone` is called,
 * and the references are cloned. See #nanvm_type for what a `clone` may do.
 *
 * @ownership `self` stays the caller's; the result is the caller's.
 * @errors the null handle if memory runs out, if the object has a `drop` and no
 *     `clone`, if its `clone` returns false, or for a null handle. Stops the program if
 *     the object is dead.
 * @threads any thread that has `self` and may use `manager`.
 * @cost the manager's allocation, O(size + references).
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(2) nanvm_mut_ref
    nanvm_ref_clone_object(nanvm_ref self, nanvm_manager *manager);

/**
 * A new array of `length` items: a copy of the fixed part of `self` and of its first
 * items. If `self` has fewer items, the others are all zeros. The result is the same as
 * that of nanvm_ref_clone_object() and then nanvm_mut_ref_resize(), in one copy, and
 * without cloning the items that are cut off. Persistent vectors change the length of a
 * shared array in this way.
 *
 * The type's `clone` is called as in nanvm_ref_clone_object(), with the number of items
 * that both arrays have.
 *
 * @ownership `self` stays the caller's; the result is the caller's.
 * @errors the null handle where nanvm_ref_clone_object() fails, or if nanvm_type_size()
 *     fails for this length. Stops the program if the object is dead.
 * @threads any thread that has `self` and may use `manager`.
 * @cost the manager's allocation, O(size of the new array + references).
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(2) nanvm_mut_ref
    nanvm_ref_clone_resized(nanvm_ref self, nanvm_manager *manager, size_t length);

/**
 * A copy of an object and of all objects that it leads to, in `manager`. Use it to keep a
 * result when the arena that it lies in is reset, or to hand objects to another thread
 * without sharing any.
 *
 * An object that is referred to several times is copied once: what is shared in the
 * original is shared in the copy, and a cycle becomes a cycle, which drops don't free
 * where references are counted. The copies refer only to each other; but see #nanvm_type
 * for what a `clone` may add. The result is a `Ref`, because on a cycle it isn't the only
 * reference. Otherwise nanvm_ref_try_to_mut_ref() turns it into a `MutRef` at no cost, or
 * nanvm_ref_make_mut() writes it in place, where references are counted.
 *
 * The type's `clone` is called for each object as in nanvm_ref_clone_object(), in any
 * order, and may do what it may do there, but none of the objects that are copied may be
 * changed, and all have to stay alive. So at least one reference to the object of `self`
 * has to remain. An arena that any of them lies in may not be reset, and neither may
 * `manager`. If a `clone` ends a local `manager`, further copies start it again, and it
 * has to be ended once more.
 *
 * On failure the copies are dropped. A `drop` that runs for a copy because of that may
 * find null in place of any reference that the object held.
 *
 * @ownership `self` stays the caller's; the result is the caller's.
 * @errors the null handle if memory runs out, of `manager` or of the system; if an object
 *     has a `drop` and no `clone`, or reports references by a `visit` or `visit_item`; if
 *     a `clone` returns false; or for a null handle. Then all objects are as they were,
 *     and no copy is left, except in an arena: there a drop frees nothing before the
 *     reset. Stops the program if an object is dead.
 * @threads any thread that has `self` and may use `manager`. If that is nanvm_global(),
 *     any thread may use the result.
 * @cost O(objects + references + bytes), and the manager's allocation of each object.
 *     Stack O(1): 2 KiB. In memory of the system, until the function returns: 16 to 48
 *     bytes for each object that was reached, but whose references weren't, beyond 64 at
 *     a time (in a list there is one; in a balanced tree, one for each level); and for
 *     each object that is shared, or whose references aren't counted, some 20 to 50 bytes
 *     where such objects lie side by side, up to 350 where they lie far apart. (Objects
 *     in up to 8 pages of 256 bytes need none.)
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(2) nanvm_ref
    nanvm_ref_clone_deep(nanvm_ref self, nanvm_manager *manager);

/**
 * A `MutRef` with the content of `*self`: the same object for a sole owner, a
 * new one in `manager` otherwise.
 *
 * The type's `clone` is called as in nanvm_ref_clone_object(), and finds `*self`
 * unchanged. Then `*self` becomes null, and the old reference is dropped: a `drop` that
 * runs because of that finds `*self` null.
 *
 * @ownership on success `*self` is consumed and null; the result is the caller's.
 * @errors the null handle where nanvm_ref_clone_object() fails; then `*self`
 *     is untouched. Stops the program if the object is dead.
 * @threads any thread that has `self` and may use `manager`.
 * @cost that of nanvm_ref_try_to_mut_ref() for a sole owner; else that of
 *     nanvm_ref_clone_object() and nanvm_ref_drop(). Inlined: about 6 instructions on
 *     x86-64, 30 bytes.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_ref_to_mut_ref(nanvm_ref *self, nanvm_manager *manager);

/**
 * The object of `*self`, to be written in place. If `*self` isn't the sole owner, it
 * first becomes the only reference to a new object with the same content. Use this to
 * update a structure from its root down. (nanvm_ref_to_mut_ref() and then
 * nanvm_mut_ref_to_ref() do the same, but write `*self` twice.) Callbacks run as in
 * nanvm_ref_to_mut_ref(), except that a `drop` finds the new reference in `*self`.
 *
 * While the object is written, neither it nor anything that it refers to may be given a
 * clone of `*self`: they would lie on a cycle, which no drop frees. C can't prevent that;
 * see nanvm_local_on_cycle().
 *
 * @return the object, or `NULL` on failure.
 * @ownership `*self` stays the caller's, and on success it is a sole owner; the object is
 *     borrowed from it, until `*self` is cloned, moved or dropped.
 * @errors `NULL` where nanvm_ref_clone_object() fails; then `*self` is untouched. Stops
 *     the program if the object is dead.
 * @threads any thread that has `self` and may use `manager`.
 * @cost plain count, sole owner: one load and test. Otherwise that of
 *     nanvm_ref_to_mut_ref(). Inlined: about 5 instructions on x86-64, 20 bytes.
 */
NANVM_INLINE NANVM_NODISCARD
    NANVM_NONNULL(1, 2) void *nanvm_ref_make_mut(nanvm_ref *self, nanvm_manager *manager);

/**
 * Lets any thread use the object and all that it reaches: counts that are plain become
 * atomic. So a value is built at the speed of a plain local manager, and then handed
 * over. It stops at objects whose counts are atomic already, at those without a count,
 * and at those with a custom one. So if you write a shared object later, store only
 * references that you have shared before: sharing the object again wouldn't find others.
 * An array that moves when it is resized is a new object, which has to be shared again.
 * Afterwards other objects of the manager are still the manager's thread's own.
 *
 * The last drop of an object that was shared is a function call from then on, and so is
 * that of other objects in the same chunk, until the chunk becomes empty.
 *
 * @return whether all of it is shared. If not, nothing has changed: memory ran out, or
 *     an object is in a local manager that has ended, or whose source
 *     nanvm_local_init_shared_from() wouldn't take, or in a manager of yours without
 *     nanvm_dealloc_table::share.
 * @ownership `self` stays the caller's. The local manager of the objects may end before
 *     them; its source's dealloc is then called by any thread. Shared objects that are
 *     alive at the end of a plain local manager are reported as leaks, see
 *     nanvm_local_on_leak().
 * @errors false, as above. True for a null handle. Stops the program if an object is
 *     dead.
 * @threads the thread that has the manager of the objects. No other thread reads objects
 *     of that manager meanwhile, unless they are shared already.
 * @cost O(objects + references in them): some nanoseconds an object that lies in order,
 *     a cache miss for any other. Takes 8 bytes of the system's memory for each object,
 *     and up to 8 more where many references branch off, and gives them back. The
 * visitors of types are called.
 */
NANVM_API NANVM_NODISCARD bool nanvm_ref_share(nanvm_ref self);

/**
 * Gives up the counts of the object and of all that it reaches. From then on a clone or a
 * drop of a reference to one of them is a comparison, and threads that use one object
 * don't wait for each other. It is for constants: the objects can't be written any more,
 * since they always look shared, and drops don't free them.
 *
 * Frozen objects of a local manager are freed with the manager, which doesn't report
 * them: all threads have to be done with them by then, and no object that refers to a
 * frozen one may outlive the manager, since its end looks at what it refers to. (If other
 * objects of the same type outlive the manager, the frozen ones may be freed with the
 * last of these.) Their `drop` isn't called. Frozen objects of the global manager are
 * never freed, nor are those that are frozen after their local manager has ended.
 *
 * @return whether all of it is frozen. False as for nanvm_ref_share(). If memory runs
 *     out, some objects may be frozen already; all references can still be used. Another
 *     thread that freezes the same objects at the same time may not be done yet.
 * @ownership `self` stays the caller's; dropping it isn't necessary any more.
 * @errors false, as above. True for a null handle. Stops the program if an object is
 *     dead.
 * @threads as nanvm_ref_share(); if all counts are atomic already, any thread that has
 *     `self`.
 * @cost that of nanvm_ref_share(), and once more O(objects + references in them).
 */
NANVM_API NANVM_NODISCARD bool nanvm_ref_freeze(nanvm_ref self);

/**
 * Tells `visitor` of each reference that `self` holds: those of the fixed part
 * first, then item by item.
 *
 * Use it to write a collector, to draw the graph, or to write objects to disk. The
 * visitor may do anything but change or end `self`.
 *
 * @ownership `self` stays the caller's, and the references that are visited stay the
 *     object's.
 * @errors stops the program if the object was dropped and its memory is still there. A
 *     null `self` holds nothing.
 * @threads any thread that has `self`. Borrowing it as @ref threads_read says
 *     isn't enough: this function reads the count.
 * @cost O(references).
 */
NANVM_API NANVM_NONNULL(2) void nanvm_ref_visit(nanvm_ref self, nanvm_visitor *visitor,
                                                void *context);

/**
 * The table of the object that `self` refers to; `NULL` for a null handle.
 *
 * @ownership borrowed; tables outlive their objects.
 * @errors none; a hardened build stops the program if the object's header or origin isn't
 *     as the library wrote it.
 * @threads any thread that has `self`, or borrows it as @ref threads_read says.
 * @cost O(1): two loads.
 */
NANVM_INLINE const nanvm_type *nanvm_ref_type(nanvm_ref self);

/**
 * Whether `a` and `b` refer to one object. Two null handles are the same.
 *
 * @ownership both stay the caller's.
 * @errors none.
 * @threads any thread.
 * @cost none.
 */
NANVM_INLINE bool nanvm_ref_same(nanvm_ref a, nanvm_ref b);

/**
 * Hands `*self` over and leaves the null handle in its place.
 *
 * @ownership the result is the caller's.
 * @errors none.
 * @threads any thread that has `self`.
 * @cost none.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1) nanvm_ref nanvm_ref_move(nanvm_ref *self);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/ref.h>

#endif
