/* Giving chunks back: src/pool/trim.c. */

/*@ requires \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> chunk->free == chunk->used; */
static bool is_empty(const nanvm_chunk *chunk);

/*@ requires \valid_read(region);
    assigns \nothing;
    ensures \result <==> region->empty == region->chunks; */
static bool is_empty_segment(const nanvm_segment *region);

/* A chunk in a region goes with its region, any other alone. */
/*@ requires \valid_read(chunk);
    requires chunk->segment != \null ==> \valid_read(chunk->segment);
    assigns \nothing;
    ensures chunk->segment == \null ==> (\result <==> chunk->free == chunk->used);
    ensures chunk->segment != \null ==>
              (\result <==> chunk->segment->empty == chunk->segment->chunks); */
static bool is_spare(const nanvm_chunk *chunk);
