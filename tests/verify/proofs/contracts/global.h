/* The global manager: src/managers/global.h. */

/*@ assigns \nothing;
    ensures \result <==> layout.align > 2 * sizeof(void *) ||
                         (layout.align > sizeof(void *) && layout.size < layout.align);
    ensures layout.align <= sizeof(void *) ==> !\result; */
static inline bool nanvm_system_is_over_aligned(nanvm_layout layout);

/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures alone_bytes(type, NANVM_COUNT_ATOMIC) <= \result <= PTRDIFF_MAX;
    ensures \result % block_align(type) == 0; */
static inline size_t nanvm_global_prefix(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result <==> block_align(type) == sizeof(void *); */
static inline bool nanvm_global_starts_with_origin(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result <==> type->align > 2 * sizeof(void *); */
static inline bool nanvm_global_is_over_aligned(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result ==> prefix_bytes(type) == sizeof(nanvm_header) &&
                        block_align(type) == sizeof(void *); */
static bool has_only_front(const nanvm_type *type);
