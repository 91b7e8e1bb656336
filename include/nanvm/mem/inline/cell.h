/* The struct of a cell. A part of <nanvm/mem/cell.h>. */
#ifndef NANVM_MEM_INLINE_CELL_H
#define NANVM_MEM_INLINE_CELL_H

/* An address and a number of references; src/cell.c packs them. Some processors of 32
 * bits change 64 bits at once only where they are aligned as a whole. */
struct nanvm_cell {
#if defined(NANVM_GNU)
    uint64_t word __attribute__((aligned(8)));
#else
    uint64_t word;
#endif
};

#endif
