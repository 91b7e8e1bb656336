#include "attempt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "books.h"
#include "stage.h"

static size_t failed;

size_t attempts_failed(void) {
    return failed;
}

void attempts_reset(void) {
    failed = 0;
}

bool attempted_call(bool done) {
    failed += !done;
    return done;
}

nanvm_mut_ref attempted(nanvm_mut_ref made) {
    (void)attempted_call(made.object != NULL);
    return made;
}

/* --- what was before --- */

typedef struct before {
    nanvm_manager *manager;
    size_t live;
    bool stays; /* Whether that is known of what fails. */
    size_t requests;
    size_t clones;
    books books;
} before;

/* In a manager that doesn't count what callbacks made stays, until all goes. And what a
 * `clone` needs comes from the scenario's manager, which may take it from this one. */
static bool stays_as_it_was(const nanvm_manager *manager, const nanvm_type *type) {
    bool counts =
        manager->dealloc == NULL || manager->dealloc->table->count != NANVM_COUNT_NONE;
    return counts &&
           (manager == ground_now()->manager || type == NULL || type->clone == NULL);
}

static void note(before *self, nanvm_manager *manager, value what) {
    self->manager = manager;
    self->live = ground_live(manager);
    self->stays = stays_as_it_was(manager, what.type);
    self->requests = ground_now()->dice->requests;
    self->clones = manager->clones;
    books_open(&self->books);
    books_debit(&self->books, what);
}

static void expect_live_exactly(const nanvm_manager *manager, size_t live) {
    if (ground_knows_live(manager)) {
        assert_int_equal(ground_live(manager), live);
    }
}

static void expect_live(const before *self) {
    if (self->stays) {
        expect_live_exactly(self->manager, self->live);
    }
}

/* What was noted is now what these two refer to, either of which may be null. */
static void balance(before *self, nanvm_ref a, nanvm_ref b) {
    books_credit(&self->books, value_of(a));
    books_credit(&self->books, value_of(b));
    books_expect_balance(&self->books);
}

/* Fast, for large arrays; any byte that changes changes it. */
static uint64_t digest(const void *bytes, size_t size) {
    uint64_t sum = size;
    size_t i = 0;
    for (; i + sizeof(sum) <= size; i += sizeof(sum)) {
        uint64_t piece;
        memcpy(&piece, (const unsigned char *)bytes + i, sizeof(piece));
        sum = (sum ^ piece) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 32;
    }
    for (; i < size; i++) {
        sum = (sum ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

static uint64_t digest_of(nanvm_ref ref) {
    size_t size = 0;
    if (ref.object != NULL) {
        assert_true(nanvm_type_size(nanvm_ref_type(ref), nanvm_ref_length(ref), &size));
    }
    return digest(ref.object, size);
}

/* Each byte is like the one before it. */
static bool is_all(const void *bytes, size_t size, unsigned char byte) {
    const unsigned char *first = bytes;
    return size == 0 || (first[0] == byte && memcmp(first, first + 1, size - 1) == 0);
}

static bool is_zero(const void *bytes, size_t size) {
    return is_all(bytes, size, 0);
}

/* --- creating --- */

static void expect_new(nanvm_mut_ref made, const nanvm_type *type, size_t length) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    size_t others = nanvm_ref_count(ref);
    assert_ptr_equal(nanvm_ref_type(ref), type);
    assert_int_equal(nanvm_ref_length(ref), length);
    assert_true(is_aligned(made.object, type->align));
    assert_true(others == 0 || others == SIZE_MAX);
}

/* What an object takes over has one owner before and after. */
static nanvm_mut_ref expect_made(before *was, nanvm_mut_ref made, value given) {
    books_credit(&was->books, given);
    books_expect_balance(&was->books);
    expect_live_exactly(was->manager, was->live + (made.object != NULL));
    if (made.object != NULL) {
        expect_new(made, given.type, given.length);
    }
    return attempted(made);
}

nanvm_mut_ref attempt_new(nanvm_manager *manager, const nanvm_type *type) {
    return type->item_size == 0 ? attempt_copy(manager, type, NULL)
                                : attempt_array(manager, type, NULL, 0);
}

nanvm_mut_ref attempt_copy(nanvm_manager *manager, const nanvm_type *type,
                           const void *fixed) {
    before was;
    value given = {type, fixed, NULL, 0};
    uint64_t bytes = digest(fixed, fixed == NULL ? 0 : type->size);
    note(&was, manager, given);
    nanvm_mut_ref made =
        fixed == NULL ? nanvm_new(manager, type) : nanvm_new_copy(manager, type, fixed);
    assert_true(digest(fixed, fixed == NULL ? 0 : type->size) == bytes);
    if (made.object != NULL) {
        assert_true(fixed == NULL ? is_zero(made.object, type->size)
                                  : digest(made.object, type->size) == bytes);
    }
    return expect_made(&was, made, given);
}

/* Zeros in front of the items, and where there are none. */
static void expect_items(nanvm_mut_ref made, value given) {
    const unsigned char *bytes = made.object;
    size_t size = given.length * given.type->item_size;
    assert_true(is_zero(bytes, given.type->items_offset));
    bytes += given.type->items_offset;
    assert_true(given.items == NULL ? is_zero(bytes, size)
                                    : digest(bytes, size) == digest(given.items, size));
}

nanvm_mut_ref attempt_array(nanvm_manager *manager, const nanvm_type *type,
                            const void *items, size_t length) {
    before was;
    value given = {type, NULL, items, length};
    size_t size = items == NULL ? 0 : length * type->item_size;
    uint64_t bytes = digest(items, size);
    note(&was, manager, given);
    nanvm_mut_ref made = nanvm_new_array(manager, type, items, length);
    assert_true(digest(items, size) == bytes);
    if (made.object != NULL) {
        expect_items(made, given);
    }
    return expect_made(&was, made, given);
}

static const value nothing = {NULL, NULL, NULL, 0};

nanvm_mut_ref attempt_with(nanvm_manager *manager, const nanvm_type *type, size_t length,
                           nanvm_construct *construct, void *context) {
    before was;
    note(&was, manager, nothing);
    nanvm_mut_ref made = nanvm_new_with(manager, type, length, construct, context);
    if (made.object == NULL) {
        expect_live(&was);
    } else {
        expect_new(made, type, length);
    }
    return attempted(made);
}

void attempt_refused(nanvm_manager *manager, const nanvm_type *type, size_t length,
                     nanvm_construct *construct, void *context) {
    before was;
    note(&was, manager, nothing);
    assert_null(nanvm_new_with(manager, type, length, construct, context).object);
    expect_live(&was);
}

/* --- resizing --- */

typedef bool resizing(nanvm_mut_ref *self, nanvm_manager *manager, size_t length);

static bool is_cleared(const nanvm_type *type, resizing *resize) {
    return resize == nanvm_mut_ref_resize || type->item_refs_length > 0 ||
           type->visit_item != NULL;
}

static void expect_new_items(nanvm_mut_ref self, size_t begin, size_t end) {
    const nanvm_type *type = nanvm_ref_type(nanvm_mut_ref_to_ref(self));
    const unsigned char *items = (unsigned char *)self.object + type->items_offset;
    if (begin < end) {
        assert_true(
            is_zero(items + begin * type->item_size, (end - begin) * type->item_size));
    }
}

/* What of an array stays, whatever comes of its resize. */
typedef struct extent {
    const nanvm_type *type;
    size_t length;
    size_t kept; /* bytes */
    uint64_t part;
    uint64_t all;
} extent;

static extent extent_of(nanvm_ref array, size_t new_length) {
    extent self = {nanvm_ref_type(array), nanvm_ref_length(array), 0, 0, 0};
    size_t items = new_length < self.length ? new_length : self.length;
    self.kept = self.type->items_offset + items * self.type->item_size;
    self.part = digest(array.object, self.kept);
    self.all = digest_of(array);
    return self;
}

static void expect_array_as_it_was(const before *was, const extent *old, nanvm_ref array,
                                   nanvm_ref now) {
    assert_ptr_equal(now.object, array.object);
    assert_int_equal(nanvm_ref_length(now), old->length);
    assert_true(digest_of(now) == old->all);
    expect_live(was);
}

static bool check_resize(nanvm_manager *manager, nanvm_mut_ref *self, size_t length,
                         resizing *resize) {
    nanvm_ref array = nanvm_mut_ref_to_ref(*self);
    if (array.object == NULL) {
        return false;
    }
    before was;
    extent old = extent_of(array, length);
    note(&was, manager, value_of(array));
    bool done = resize(self, manager, length);
    nanvm_ref now = nanvm_mut_ref_to_ref(*self);
    balance(&was, now, (nanvm_ref){NULL});
    if (!done) {
        expect_array_as_it_was(&was, &old, array, now);
        return attempted_call(false);
    }
    assert_int_equal(nanvm_ref_length(now), length);
    assert_true(is_aligned(now.object, old.type->align));
    assert_true(digest(now.object, old.kept) == old.part);
    if (is_cleared(old.type, resize)) {
        expect_new_items(*self, old.length, length);
    }
    return true;
}

bool attempt_resize(nanvm_manager *manager, nanvm_mut_ref *self, size_t length) {
    return check_resize(manager, self, length, nanvm_mut_ref_resize);
}

bool attempt_resize_unset(nanvm_manager *manager, nanvm_mut_ref *self, size_t length) {
    return check_resize(manager, self, length, nanvm_mut_ref_resize_unset);
}

/* --- cloning --- */

/* The copy has `length`, and the bytes that both have are the same, unless the type's
 * `clone` wrote them. */
static void expect_same_content(nanvm_ref original, nanvm_ref copy, size_t length) {
    const nanvm_type *type = nanvm_ref_type(original);
    size_t old_length = nanvm_ref_length(original), size = 0;
    assert_ptr_not_equal(copy.object, original.object);
    assert_ptr_equal(nanvm_ref_type(copy), type);
    assert_int_equal(nanvm_ref_length(copy), length);
    if (type->clone == NULL) {
        size_t both = length < old_length ? length : old_length;
        assert_true(nanvm_type_size(type, both, &size));
        assert_true(digest(copy.object, size) == digest(original.object, size));
    }
}

typedef nanvm_mut_ref cloning(nanvm_ref self, nanvm_manager *manager, size_t length);

static nanvm_mut_ref clone_whole(nanvm_ref self, nanvm_manager *manager, size_t length) {
    (void)length;
    return nanvm_ref_clone_object(self, manager);
}

/* `length` is that of the copy. */
static nanvm_mut_ref check_clone(nanvm_manager *manager, nanvm_ref self, size_t length,
                                 cloning *clone) {
    before was;
    size_t others = nanvm_ref_count(self);
    uint64_t bytes = digest_of(self);
    note(&was, manager, value_of(self));
    nanvm_mut_ref copy = clone(self, manager, length);
    balance(&was, self, nanvm_mut_ref_to_ref(copy));
    assert_int_equal(nanvm_ref_count(self), others);
    assert_true(digest_of(self) == bytes);
    if (copy.object == NULL) {
        expect_live(&was);
    } else {
        expect_same_content(self, nanvm_mut_ref_to_ref(copy), length);
        expect_new(copy, nanvm_ref_type(self), length);
    }
    return copy;
}

static nanvm_mut_ref check_clone_whole(nanvm_manager *manager, nanvm_ref self) {
    return check_clone(manager, self, nanvm_ref_length(self), clone_whole);
}

nanvm_mut_ref attempt_clone(nanvm_manager *manager, nanvm_ref self) {
    nanvm_mut_ref none = {NULL};
    return self.object == NULL ? none : attempted(check_clone_whole(manager, self));
}

nanvm_mut_ref attempt_clone_resized(nanvm_manager *manager, nanvm_ref self,
                                    size_t length) {
    nanvm_mut_ref none = {NULL};
    if (self.object == NULL) {
        return none;
    }
    return attempted(check_clone(manager, self, length, nanvm_ref_clone_resized));
}

/* What both refer to differs in the objects alone. */
static void expect_own_refs(nanvm_ref self, nanvm_ref copy) {
    size_t length = nanvm_ref_length(self);
    expect_new((nanvm_mut_ref){(void *)(uintptr_t)copy.object}, nanvm_ref_type(self),
               length);
    for (size_t i = 0; nanvm_ref_type(self) == &refs_type && i < length; i++) {
        nanvm_ref a = ((const nanvm_ref *)self.object)[i];
        nanvm_ref b = ((const nanvm_ref *)copy.object)[i];
        assert_true((a.object == NULL) == (b.object == NULL));
        assert_true(a.object == NULL || a.object != b.object);
        assert_ptr_equal(nanvm_ref_type(a), nanvm_ref_type(b));
    }
}

nanvm_ref attempt_clone_deep(nanvm_manager *manager, nanvm_ref self) {
    if (self.object == NULL) {
        return self;
    }
    before was;
    size_t others = nanvm_ref_count(self);
    uint64_t bytes = digest_of(self);
    note(&was, manager, value_of(self));
    nanvm_ref copy = nanvm_ref_clone_deep(self, manager);
    balance(&was, self, nanvm_ref_null());
    assert_int_equal(nanvm_ref_count(self), others);
    assert_true(digest_of(self) == bytes);
    if (copy.object == NULL) {
        expect_live(&was);
    } else {
        expect_own_refs(self, copy);
    }
    (void)attempted_call(copy.object != NULL);
    return copy;
}

void attempt_refused_clone(nanvm_manager *manager, nanvm_ref self) {
    if (self.object != NULL) {
        assert_null(check_clone_whole(manager, self).object);
    }
}

/* Both ways to write to what may be shared: `*self` becomes null in the one, and refers
 * to the result in the other. */
typedef void *writing(nanvm_manager *manager, nanvm_ref *self);

static void *take(nanvm_manager *manager, nanvm_ref *self) {
    return nanvm_ref_to_mut_ref(self, manager).object;
}

static void *make(nanvm_manager *manager, nanvm_ref *self) {
    return nanvm_ref_make_mut(self, manager);
}

/* Another reference to `old` is left, since it was shared. */
static void expect_write_apart(before *was, nanvm_ref old, nanvm_ref now, size_t others) {
    balance(was, old, now);
    assert_int_equal(was->manager->clones, was->clones + (now.object != NULL));
    if (now.object != NULL) {
        assert_int_equal(nanvm_ref_count(old), others == SIZE_MAX ? others : others - 1);
        expect_same_content(old, now, nanvm_ref_length(old));
    } else {
        assert_int_equal(nanvm_ref_count(old), others);
        expect_live(was);
    }
}

static void expect_write_in_place(const before *was, nanvm_ref old, const void *own) {
    assert_ptr_equal(own, old.object);
    assert_int_equal(ground_now()->dice->requests, was->requests);
    assert_int_equal(was->manager->clones, was->clones);
    expect_live_exactly(was->manager, was->live);
}

/* The handle is consumed, replaced, or left alone. */
static void expect_handle(nanvm_ref self, nanvm_ref old, void *own, writing *write) {
    const void *expected = own == NULL ? old.object : write == take ? NULL : own;
    assert_ptr_equal(self.object, expected);
}

static void *check_write(nanvm_manager *manager, nanvm_ref *self, writing *write) {
    nanvm_ref old = *self;
    if (old.object == NULL) {
        return NULL;
    }
    before was;
    size_t others = nanvm_ref_count(old);
    uint64_t bytes = digest_of(old);
    note(&was, manager, value_of(old));
    void *own = write(manager, self);
    expect_handle(*self, old, own, write);
    if (others == 0) {
        expect_write_in_place(&was, old, own);
    } else {
        expect_write_apart(&was, old, (nanvm_ref){own}, others);
    }
    assert_true(digest_of(old) == bytes);
    return attempted_call(own != NULL) ? own : NULL;
}

nanvm_mut_ref attempt_to_mut_ref(nanvm_manager *manager, nanvm_ref *self) {
    nanvm_mut_ref own = {check_write(manager, self, take)};
    return own;
}

void *attempt_make_mut(nanvm_manager *manager, nanvm_ref *self) {
    return check_write(manager, self, make);
}

/* --- raw memory --- */

void *attempt_alloc(nanvm_manager *manager, nanvm_layout layout) {
    size_t live = ground_live(manager);
    void *memory = nanvm_manager_alloc(manager, layout);
    if (memory == NULL) {
        expect_live_exactly(manager, live);
    } else {
        assert_true(is_aligned(memory, layout.align));
        memset(memory, (int)(layout.size & 0xff), layout.size);
    }
    (void)attempted_call(memory != NULL);
    return memory;
}

void *attempt_raw_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                         size_t size) {
    size_t live = ground_live(manager);
    void *resized = nanvm_manager_resize(manager, memory, layout, size);
    unsigned char byte = (unsigned char)layout.size;
    if (resized == NULL) {
        assert_true(is_all(memory, layout.size, byte));
        expect_live_exactly(manager, live);
    } else {
        assert_true(is_aligned(resized, layout.align));
        assert_true(is_all(resized, layout.size < size ? layout.size : size, byte));
        memset(resized, (int)(size & 0xff), size);
    }
    return attempted_call(resized != NULL) ? resized : NULL;
}

/* --- what most scenarios are made of --- */

nanvm_ref leaf(nanvm_manager *manager, size_t number) {
    struct tracked fixed = {number};
    nanvm_mut_ref made = attempt_copy(manager, &tracked_type, &fixed);
    tracked_expect(made.object != NULL);
    return nanvm_mut_ref_to_ref(made);
}

nanvm_ref pair(nanvm_manager *manager, nanvm_ref left, nanvm_ref right) {
    struct node fixed = {left, 3, right};
    nanvm_mut_ref made = attempt_copy(manager, &node_type, &fixed);
    if (made.object == NULL) {
        nanvm_ref_drop(right);
        nanvm_ref_drop(left);
    }
    return nanvm_mut_ref_to_ref(made);
}
