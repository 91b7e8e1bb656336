/* Giving chunks and segments back: src/pool/slab_trim.c. */

/*@ requires \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> chunk->free == chunk->used; */
static bool is_empty(const nanvm_chunk *chunk);

/*@ requires \valid_read(segment);
    assigns \nothing;
    ensures \result <==> segment->empty == segment->chunks; */
static bool is_empty_segment(const nanvm_segment *segment);

/* A chunk in a segment goes with its segment, any other alone. */
/*@ requires \valid_read(chunk);
    requires chunk->segment != \null ==> \valid_read(chunk->segment);
    assigns \nothing;
    ensures chunk->segment == \null ==> (\result <==> chunk->free == chunk->used);
    ensures chunk->segment != \null ==>
              (\result <==> chunk->segment->empty == chunk->segment->chunks); */
static bool can_go(const nanvm_chunk *chunk);
