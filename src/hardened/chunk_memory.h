/* The memory of chunks: the size of each has a checksum, and behind a chunk from the
 * global manager lies a page that can't be touched. The other half of
 * usual/chunk_memory.h, which says what each function is for. */
#ifndef NANVM_CHUNK_MEMORY_H
#define NANVM_CHUNK_MEMORY_H

enum { NANVM_GUARDS_CHUNKS = 1 };

void nanvm_chunk_memory_write_checksum(nanvm_chunk *self);
void nanvm_chunk_memory_check(const nanvm_chunk *self);
size_t nanvm_chunk_memory_bytes(const nanvm_pool *pool, const nanvm_chunk *self);
nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool, size_t *size);
void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self);

#endif
