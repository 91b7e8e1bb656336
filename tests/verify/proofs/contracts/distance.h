/* From a header to its origin: src/internal.h. */

/* BITS */
/*@ requires (uintptr_t)object >= sizeof(nanvm_header);
    requires (uintptr_t)origin <= (uintptr_t)object - sizeof(nanvm_header);
    requires ((uintptr_t)object - sizeof(nanvm_header) - (uintptr_t)origin) %
               sizeof(void *) == 0;
    requires ((uintptr_t)object - sizeof(nanvm_header) - (uintptr_t)origin) /
               sizeof(void *) <= UINT32_MAX;
    assigns \nothing;
    ensures (uintptr_t)object - sizeof(nanvm_header) - \result * sizeof(void *) ==
              (uintptr_t)origin; */
uint32_t nanvm_origin_distance(const void *object, const nanvm_origin *origin);
