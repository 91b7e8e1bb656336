/* Headers: the distance to the origin has a checksum of its own. */
#include "hardened/checksum.h"

void nanvm_header_write(void *object, uint32_t distance, int32_t count) {
    nanvm_header *header = nanvm_block_header(object);
    nanvm_count_word_store(&header->count, count);
    header->origin = distance;
    header->origin_checksum =
        nanvm_checksum_short(NANVM_CHECKSUM_DISTANCE, &header->origin, distance);
}

void nanvm_header_check(const void *object) {
    const nanvm_header *header = nanvm_block_header(object);
    nanvm_checksum_expect_aligned(&header->count);
    if (NANVM_UNLIKELY(header->origin_checksum !=
                       nanvm_checksum_short(NANVM_CHECKSUM_DISTANCE, &header->origin,
                                            header->origin))) {
        nanvm_checksum_stop();
    }
    if (NANVM_UNLIKELY(!nanvm_checksum_fits_origin(nanvm_header_origin(header)))) {
        nanvm_fatal("the origin of a block was overwritten");
    }
}

void nanvm_header_check_type(const void *object, const void *type) {
    if (object != NULL && nanvm_block_origin(object)->type != type) {
        nanvm_fatal("a reference was taken for one to an object of another type");
    }
}
