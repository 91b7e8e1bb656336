/* Giving chunks and segments back: src/pool/slab_trim.c. */

/*@ requires \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> chunk->head.live == 0; */
static bool is_empty(const nanvm_chunk *chunk);

/*@ requires \valid_read(segment);
    assigns \nothing;
    ensures \result <==> segment->empty == segment->chunks; */
static bool is_empty_segment(const nanvm_segment *segment);

/* A chunk in a segment goes with its segment, any other alone. */
/*@ requires \valid_read(chunk);
    requires chunk->segment != \null ==> \valid_read(chunk->segment);
    assigns \nothing;
    ensures chunk->segment == \null ==> (\result <==> chunk->head.live == 0);
    ensures chunk->segment != \null ==>
              (\result <==> chunk->segment->empty == chunk->segment->chunks); */
bool nanvm_slab_trim_takes(const nanvm_chunk *chunk);
