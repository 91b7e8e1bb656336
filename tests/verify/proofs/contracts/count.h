/* Counts: <nanvm/mem/inline/atomic.h> in one thread, <nanvm/mem/inline/count.h>. */

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result == *self; */
int32_t nanvm_count_word_load(const nanvm_count_word *self);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result == *self; */
int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self);

/*@ requires \valid(self);
    assigns *self;
    ensures *self == count; */
void nanvm_count_word_store(nanvm_count_word *self, int32_t count);

/*@ requires \valid(self);
    assigns *self;
    ensures *self == count; */
void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count);

/*@ requires \valid(self);
    assigns *self;
    ensures \result == \old(*self);
    ensures *self == count; */
int32_t nanvm_count_word_exchange_relaxed(nanvm_count_word *self, int32_t count);

/*@ requires \valid(self);
    assigns *self;
    ensures \result == \old(*self);
    ensures \old(*self) > INT32_MIN ==> *self == \old(*self) - 1; */
int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self);

/*@ requires \valid(self);
    assigns *self;
    ensures \result == \old(*self);
    ensures \old(*self) < INT32_MAX ==> *self == \old(*self) + 1; */
int32_t nanvm_count_word_increment_release(nanvm_count_word *self);

/*@ assigns \nothing;
    ensures \result <==> -0x40000000 <= count <= -1; */
bool nanvm_count_is_atomic(int32_t count);

/* The last plain count is followed by the lowest number, which is stuck. */
/*@ requires count >= 0;
    assigns \nothing;
    ensures count < INT32_MAX ==> \result == count + 1;
    ensures count == INT32_MAX ==> \result == INT32_MIN; */
int32_t nanvm_count_after(int32_t count);

/*@ requires count >= -0x40000000;
    assigns \nothing;
    ensures count >= 0 ==> \result == count;
    ensures count < 0 ==> \result == -1 - count; */
size_t nanvm_count_others(int32_t count);

/* A count never leaves its kind but by sticking, and what doesn't count isn't touched. */
/*@ requires \valid(self);
    assigns *self;
    behavior plain:
      assumes 0 <= *self < INT32_MAX;
      ensures \result && *self == \old(*self) + 1;
    behavior sticks:
      assumes *self == INT32_MAX;
      ensures \result && *self == INT32_MIN;
    behavior atomic:
      assumes -0x20000000 <= *self < 0;
      ensures \result && *self == \old(*self) - 1;
      ensures -0x40000000 <= *self < 0;
    behavior other:
      assumes *self < -0x20000000;
      assigns \nothing;
      ensures \result <==> *self == -0x50000000;
    complete behaviors;
    disjoint behaviors; */
bool nanvm_count_add(nanvm_count_word *self);

/*@ requires \valid(self);
    requires -0x40000000 <= *self < 0;
    assigns *self;
    ensures \old(*self) > -0x40000000 ==> *self == \old(*self) - 1;
    ensures \old(*self) == -0x40000000 ==> *self == -0x70000000;
    ensures -0x40000000 <= *self < 0 || *self == -0x70000000; */
void nanvm_count_add_atomic(nanvm_count_word *self);

/*@ requires \valid(self);
    requires *self == count;
    assigns *self;
    ensures \result <==> count > 0;
    ensures \result ==> *self == count - 1 && *self >= 0;
    ensures !\result ==> *self == \old(*self); */
bool nanvm_count_try_release_plain(nanvm_count_word *self, int32_t count);

/*@ requires \valid(self);
    requires *self == count;
    requires -0x40000000 <= count < 0;
    assigns *self;
    ensures \result <==> count == -1;
    ensures \result ==> *self == -1;
    ensures !\result ==> *self == count + 1 && *self < 0; */
bool nanvm_count_release_atomic(nanvm_count_word *self, int32_t count);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result <==> *self == -1; */
bool nanvm_count_is_sole_atomic(const nanvm_count_word *self);
