/* Layouts: <nanvm/mem/inline/layout.h>. */

/* One by one: arithmetic is what the provers are good at. That they are those with
 * (a & (a - 1)) == 0 is among the claims in ../bits. */
/*@ predicate is_alignment(integer a) =
      (a == 0x1 || a == 0x2 || a == 0x4 || a == 0x8 ||
       a == 0x10 || a == 0x20 || a == 0x40 || a == 0x80 ||
       a == 0x100 || a == 0x200 || a == 0x400 || a == 0x800 ||
       a == 0x1000 || a == 0x2000 || a == 0x4000 || a == 0x8000 ||
       a == 0x10000 || a == 0x20000 || a == 0x40000 || a == 0x80000 ||
       a == 0x100000 || a == 0x200000 || a == 0x400000 || a == 0x800000 ||
       a == 0x1000000 || a == 0x2000000 || a == 0x4000000 || a == 0x8000000 ||
       a == 0x10000000 || a == 0x20000000 || a == 0x40000000 || a == 0x80000000 ||
       a == 0x100000000 || a == 0x200000000 || a == 0x400000000 || a == 0x800000000 ||
       a == 0x1000000000 || a == 0x2000000000 || a == 0x4000000000 || a == 0x8000000000 ||
       a == 0x10000000000 || a == 0x20000000000 || a == 0x40000000000 || a == 0x80000000000 ||
       a == 0x100000000000 || a == 0x200000000000 || a == 0x400000000000 || a == 0x800000000000 ||
       a == 0x1000000000000 || a == 0x2000000000000 || a == 0x4000000000000 || a == 0x8000000000000 ||
       a == 0x10000000000000 || a == 0x20000000000000 || a == 0x40000000000000 || a == 0x80000000000000 ||
       a == 0x100000000000000 || a == 0x200000000000000 || a == 0x400000000000000 || a == 0x800000000000000 ||
       a == 0x1000000000000000 || a == 0x2000000000000000 || a == 0x4000000000000000) &&
      a <= PTRDIFF_MAX / 2 + 1; */

/*@ assigns \nothing;
    ensures \result.size == size && \result.align == align; */
nanvm_layout nanvm_layout_make(size_t size, size_t align);

/* BITS */
/*@ assigns \nothing;
    ensures \result <==> is_alignment(layout.align) &&
                         layout.size <= PTRDIFF_MAX - (layout.align - 1); */
bool nanvm_layout_is_valid(nanvm_layout layout);

/* BITS */
/*@ requires is_alignment(align);
    requires size + (align - 1) <= SIZE_MAX;
    assigns \nothing;
    ensures size <= \result <= size + (align - 1);
    ensures \result % align == 0;
    ensures align >= sizeof(void *) ==> \result % sizeof(void *) == 0; */
size_t nanvm_layout_round_up(size_t size, size_t align);
