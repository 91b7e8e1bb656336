/* What a subject supplies to the workload cell: one cell, which holds a reference to an
 * object that any thread may have.
 *
 * void cell_open(uint64_t word);    makes the cell, with an object of that word in it
 * void cell_close(void);
 * uint64_t cell_load(void);         takes a reference of its own from the cell, reads
 *                                   the object's word, and drops the reference
 * void cell_store(uint64_t word);   puts a new object into the cell, and drops the
 *                                   reference that was there */
#ifndef BENCH_CELL_H
#define BENCH_CELL_H

/* Sixteen bytes, as an object of count.c. */
struct cell_object {
    uint64_t word;
    uint64_t other;
};

#endif
